"""What `./linnet` calls: builds, root file systems, the emulator, tests and checks."""
