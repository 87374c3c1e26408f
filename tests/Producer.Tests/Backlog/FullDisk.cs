using Orleans.Kpl.Adapters.Files;

namespace Orleans.Kpl.Producer.Tests.Backlog;

/// <summary>The real file system, with a switch: then files end after their first half, for want of space. It may have room for so many files too.</summary>
internal sealed class FullDisk : IBacklogFiles
{
    private const int NoSpace = 28;
    private const int WindowsNoSpace = unchecked((int)0x80070070);

    private readonly DiskFiles _disk = new();

    private readonly Lock _lock = new();

    public bool IsFull { get; set; }

    /// <summary>Gets or sets how many more files there is room for. A file that is deleted or replaced leaves its room.</summary>
    public long Room { get; set; } = int.MaxValue;

    /// <summary>Returns what a file system throws that has no space.</summary>
    public static IOException NoRoom() => new("No space left on device", OperatingSystem.IsWindows() ? WindowsNoSpace : NoSpace);

    public void Write(string path, ReadOnlySpan<byte> bytes, bool sync)
    {
        lock (_lock)
        {
            var takesRoom = !File.Exists(path);
            if (takesRoom && Room == 0)
                throw NoRoom();
            _disk.Write(path, IsFull ? bytes[..(bytes.Length / 2)] : bytes, sync);
            Room -= takesRoom ? 1 : 0;
        }

        if (IsFull)
            throw NoRoom();
    }

    public bool FolderExists(string path) => _disk.FolderExists(path);

    public void CreateFolder(string path) => _disk.CreateFolder(path);

    public void Rename(string from, string to)
    {
        lock (_lock)
        {
            Room += File.Exists(to) ? 1 : 0;
            _disk.Rename(from, to);
        }
    }

    public void SyncFolder(string path) => _disk.SyncFolder(path);

    public void Delete(string path)
    {
        lock (_lock)
        {
            Room += File.Exists(path) ? 1 : 0;
            _disk.Delete(path);
        }
    }

    public void DeleteEmptyFolder(string path) => _disk.DeleteEmptyFolder(path);

    public byte[]? Read(string path) => _disk.Read(path);

    public IReadOnlyList<(string Name, long Bytes)> Files(string path) => _disk.Files(path);

    public IReadOnlyList<string> Folders(string path) => _disk.Folders(path);

    public IDisposable Lock(string path) => _disk.Lock(path);
}
