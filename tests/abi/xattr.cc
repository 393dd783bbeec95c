// Extended attributes: names, sizes and flags. Which name spaces a file system has differs: only what all share.
#include "show.h"

#include <fcntl.h>
#include <sys/xattr.h>

int main() {
    char value[64];
    write_file("f", "x");
    int fd = open("f", O_RDONLY);
    SHOW(getxattr("absent", "user.a", value, sizeof value));
    SHOW(setxattr("f", "", "v", 1, 0));
    SHOW(setxattr("f", "user.a", "v", 1, 4));
    SHOW(setxattr("f", std::string(300, 'n').c_str(), "v", 1, 0));
    SHOW(setxattr("f", "nospace", "v", 1, 0));
    SHOW(getxattr("f", "nospace", value, sizeof value));
    SHOW(fgetxattr(99, "user.a", value, sizeof value));
    SHOW(flistxattr(99, value, sizeof value));
    SHOW(listxattr("absent", value, sizeof value));
    SHOW(removexattr("f", "nospace"));
    SHOW(fremovexattr(fd, ""));
    return 0;
}
