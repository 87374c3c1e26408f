using Orleans.Kpl.Adapters.Files;

namespace Orleans.Kpl.Producer.Tests.Backlog;

/// <summary>
/// The real file system, with switches: files end after their first half, for want of space, or there is room for so many files; or no call returns.
/// </summary>
internal sealed class TroubledDisk : IBacklogFiles
{
    private const int NoSpace = 28;
    private const int WindowsNoSpace = unchecked((int)0x80070070);

    private readonly DiskFiles _disk = new();
    private readonly ManualResetEventSlim _answers = new(true);
    private readonly Lock _lock = new();
    private int _hanging;
    private int _ofPool;

    public bool IsFull { get; set; }

    /// <summary>Gets or sets how many more files there is room for. A file that is deleted or replaced leaves its room.</summary>
    public long Room { get; set; } = int.MaxValue;

    /// <summary>Gets or sets whether files are gone by the time that their lengths are asked for.</summary>
    public bool Vanish { get; set; }

    /// <summary>Gets how many calls have not returned.</summary>
    public int Hanging => Volatile.Read(ref _hanging);

    /// <summary>Gets how many calls have come on a thread of the pool since the disk hangs.</summary>
    public int HangingOfPool => Volatile.Read(ref _ofPool);

    /// <summary>From now on each call holds its thread, and nothing cancels it, until <see cref="Answer"/>.</summary>
    public void Hang() => _answers.Reset();

    /// <summary>Lets the calls go on that hang, and all later ones.</summary>
    public void Answer() => _answers.Set();

    /// <summary>Returns what a file system throws that has no space.</summary>
    public static IOException NoRoom() => new("No space left on device", OperatingSystem.IsWindows() ? WindowsNoSpace : NoSpace);

    public void Write(string path, ReadOnlySpan<byte> bytes, bool sync)
    {
        var disk = Enter();
        lock (_lock)
        {
            var takesRoom = !File.Exists(path);
            if (takesRoom && Room == 0)
                throw NoRoom();
            disk.Write(path, IsFull ? bytes[..(bytes.Length / 2)] : bytes, sync);
            Room -= takesRoom ? 1 : 0;
        }

        if (IsFull)
            throw NoRoom();
    }

    public bool FolderExists(string path) => Enter().FolderExists(path);

    public void CreateFolder(string path) => Enter().CreateFolder(path);

    public void Rename(string from, string to)
    {
        var disk = Enter();
        lock (_lock)
        {
            Room += File.Exists(to) ? 1 : 0;
            disk.Rename(from, to);
        }
    }

    public void SyncFolder(string path) => Enter().SyncFolder(path);

    public void Delete(string path)
    {
        var disk = Enter();
        lock (_lock)
        {
            Room += File.Exists(path) ? 1 : 0;
            disk.Delete(path);
        }
    }

    public void DeleteEmptyFolder(string path) => Enter().DeleteEmptyFolder(path);

    public byte[]? Read(string path) => Enter().Read(path);

    public IReadOnlyList<(string Name, long Bytes)> Files(string path) => Enter().Files(path) is var files && !(Vanish && files.Count > 0)
        ? files : throw new FileNotFoundException("Could not find file", Path.Combine(path, files[0].Name));

    public IEnumerable<string> Names(string path) => Enter().Names(path);

    public IReadOnlyList<string> Folders(string path) => Enter().Folders(path);

    public IDisposable Lock(string path) => new Held(this, Enter().Lock(path));

    private DiskFiles Enter()
    {
        Interlocked.Increment(ref _hanging);
        if (!_answers.IsSet && Thread.CurrentThread.IsThreadPoolThread)
            Interlocked.Increment(ref _ofPool);
        _answers.Wait(CancellationToken.None);
        Interlocked.Decrement(ref _hanging);
        return _disk;
    }

    private sealed class Held(TroubledDisk disk, IDisposable held) : IDisposable
    {
        public void Dispose()
        {
            disk.Enter();
            held.Dispose();
        }
    }
}
