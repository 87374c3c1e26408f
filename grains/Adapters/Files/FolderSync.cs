using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Orleans.Kpl.Adapters.Files;

/// <summary>Syncs the names in a folder to the disk, for which .NET has no call. Windows writes them through by itself.</summary>
internal static partial class FolderSync
{
    private const int ReadOnly = 0;

    public static void Sync(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        var folder = Open(path, ReadOnly);
        if (folder < 0)
            throw Failed(path);
        try
        {
            if (FSync(folder) != 0)
                throw Failed(path);
        }
        finally
        {
            _ = Close(folder);
        }
    }

    private static IOException Failed(string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"the folder {path} could not be synced: {new Win32Exception(error).Message}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
