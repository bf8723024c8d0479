/** A plan that shows every key, with comments: what `prepare --init` writes. */
export const examplePlan = `# A plan for 'omiforge prepare': which disks become which OMIs.
#   omiforge prepare plan.yaml -o prepared
# An editor that has the schema ('omiforge prepare --schema > plan.schema.json') completes and checks it:
# yaml-language-server: $schema=./plan.schema.json
# Run the same again after an interruption: what is finished is not done again.

images:
  # An OMI of one disk needs no more than this.
  - name: web-2026.1
    disks:
      - web.raw                        # raw, raw.gz, qcow2 or qcow2.gz; from the folder of this file

  # Every key there is.
  - name: database-2026.1              # 3 to 128 of A-Z a-z 0-9 _ ( ) / . - and space; unique in the account
    description: PostgreSQL on Debian 13
    architecture: x86_64               # x86_64 (default) or i386
    product-types: ["0001"]            # 0001 Linux/Unix (default), 0002 Windows, 0004 Linux/Oracle, 0005 Windows 10
    # user: "123456789012"             # account id of the exporter
    disks:
      - source: database-root.qcow2    # the disk that boots comes first
        device: /dev/sda1              # the default for the first disk
        pad: 1GiB                      # make the virtual size whole GiB, as volumes are
      - source: database-data.raw
        # source-format: raw           # found out from the content by default
        # snapshot: before-upgrade     # an internal snapshot of a qcow2
        device: /dev/xvdb              # the default for the second disk, then /dev/xvdc and so on
        volume-type: io1               # standard (default), gp2 or io1
        iops: 1000                     # for io1 alone: at most 13000, and 300 for each GiB
        delete-on-termination: false   # true by default
        format: qcow2.gz               # of the file that is made: qcow2.gz (default), qcow2, raw.gz or raw
        level: 6                       # of a .gz: 0 none, 1 fast to 9 dense; 6 by default
`;
