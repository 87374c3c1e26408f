using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Adapters.Files;

/// <summary>Converts errors of a file system to those of a store.</summary>
internal static class FileFailure
{
    // POSIX ENOSPC and EDQUOT, as Linux and macOS number them; ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL, ERROR_DISK_QUOTA_EXCEEDED of Windows.
    private const int NoSpace = 28;
    private const int LinuxQuota = 122;
    private const int MacQuota = 69;
    private const int HandleDiskFull = unchecked((int)0x80070027);
    private const int DiskFull = unchecked((int)0x80070070);
    private const int DiskQuota = unchecked((int)0x8007050F);

    /// <summary>Returns whether a file system throws such an exception.</summary>
    public static bool Is(Exception exception) => exception is IOException or UnauthorizedAccessException;

    public static BacklogStoreException Of(string folder, Exception exception) =>
        new($"backlog in {folder}: {exception.Message}", IsFull(exception.HResult), exception);

    private static bool IsFull(int error) => OperatingSystem.IsWindows()
        ? error is HandleDiskFull or DiskFull or DiskQuota
        : error == NoSpace || error == (OperatingSystem.IsMacOS() ? MacQuota : LinuxQuota);
}
