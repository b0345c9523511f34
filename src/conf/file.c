#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "include.h"

int conf_file_read(const char *path, struct buf *ret)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;

	if (fd < 0)
		return -errno;
	r = conf_read_file(fd, ret);
	if (!standard)
		close(fd);
	return r;
}

void conf_file_beside(const char *base, const char *path, struct buf *out)
{
	const char *slash = *path == '/' ? NULL : strrchr(base, '/');

	if (slash)
		buf_add(out, base, (size_t)(slash + 1 - base));
	buf_puts(out, path);
}
