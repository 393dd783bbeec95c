// Reads the kernel's log in pieces smaller than its lines, and compares it with what is read at once. It takes the log's
// one reading position, so it is no test to run on a machine that is in use.
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>

enum { kRead = 2, kReadAll = 3, kUnread = 9, kPiece = 7 };

int main(void) {
    static char all[1 << 18], pieces[1 << 18];
    const int whole = klogctl(kReadAll, all, sizeof all);
    const int unread = klogctl(kUnread, NULL, 0);
    int done = 0;
    while (done < whole) {
        const int n = klogctl(kRead, pieces + done, kPiece);
        if (n <= 0) return printf("read: %d\n", n), 1;
        done += n;
    }
    printf("at once %d, unread %s, pieces %s\n", whole > 1000, unread >= whole ? "as much" : "less",
           memcmp(all, pieces, (size_t)whole) == 0 ? "the same" : "different");
    return 0;
}
