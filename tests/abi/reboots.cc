// reboot(2) by one who may not.
#include "show.h"

#include <linux/reboot.h>
#include <sys/syscall.h>

int main() {
    in_child("without the right", [] {
        if (setuid(1000) != 0) return 1;
        SHOW_SYS(SYS_reboot, 0, 0, LINUX_REBOOT_CMD_CAD_OFF, nullptr);
        SHOW_SYS(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, 12345, nullptr);
        SHOW_SYS(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2A, LINUX_REBOOT_CMD_CAD_OFF, nullptr);
        return 0;
    });
    return 0;
}
