using Orleans.Kpl.Adapters.Files;

namespace Orleans.Kpl.Simulation.Stores;

/// <summary>A disk as one process has it: it fails as the weather says, and may be the last thing that the process does.</summary>
internal sealed class FaultyDisk(IBacklogFiles disk, SimulatedProcess process, StoreWeather weather) : IBacklogFiles
{
    private const int NoSpace = 28;

    private int _failures;

    /// <summary>After so many further steps the process is killed; 0 for never.</summary>
    public int KillsAfter { get; set; }

    public bool FolderExists(string path) => Read(() => disk.FolderExists(path));

    public void CreateFolder(string path) => Change(() => disk.CreateFolder(path));

    public void Write(string path, ReadOnlySpan<byte> bytes, bool sync)
    {
        Check(isChange: true);
        disk.Write(path, bytes, sync);
        Step();
    }

    public void Rename(string from, string to) => Change(() => disk.Rename(from, to));

    public void SyncFolder(string path) => Change(() => disk.SyncFolder(path));

    public void Delete(string path) => Change(() => disk.Delete(path));

    public void DeleteEmptyFolder(string path)
    {
        if (process.IsDead || weather.Error is not null)
            return;
        disk.DeleteEmptyFolder(path);
        Step();
    }

    public byte[]? Read(string path) => Read(() => disk.Read(path));

    public IReadOnlyList<(string Name, long Bytes)> Files(string path) => Read(() => disk.Files(path));

    public IReadOnlyList<string> Folders(string path) => Read(() => disk.Folders(path));

    public IDisposable Lock(string path) => disk.Lock(path);

    private T Read<T>(Func<T> read)
    {
        Check(isChange: false);
        return read();
    }

    private void Change(Action change)
    {
        Check(isChange: true);
        change();
        Step();
    }

    private void Step()
    {
        if (KillsAfter > 0 && --KillsAfter == 0)
            process.Kill();
    }

    private void Check(bool isChange)
    {
        if (process.IsDead)
            throw new IOException("the process is gone");
        // Both are what a file system throws.
        if (weather.Error is not null)
            throw ++_failures % 2 == 0 ? new UnauthorizedAccessException("simulated: not allowed") : new IOException("simulated: the disk failed");
        if (isChange && weather.IsFull)
            throw new IOException("simulated: no space", NoSpace);
    }
}
