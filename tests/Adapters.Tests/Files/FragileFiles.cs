using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Producer.Tests.Backlog;

namespace Orleans.Kpl.Adapters.Tests.Files;

/// <summary>
/// A file system whose machine loses power at a given step. What then is on the disk: of names that were not synced any subset of the
/// changes, in order; of files that were not synced any beginning, the rest gone, zero or rubbish.
/// </summary>
internal sealed class FragileFiles : IBacklogFiles
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Folder> _folders;
    private readonly int _powerOffAt;

    public FragileFiles(int powerOffAt)
        : this(new Dictionary<string, Folder> { ["/"] = new() }, powerOffAt)
    {
    }

    private FragileFiles(Dictionary<string, Folder> folders, int powerOffAt) => (_folders, _powerOffAt) = (folders, powerOffAt);

    /// <summary>Changes and syncs that were asked for.</summary>
    public int Steps { get; private set; }

    public bool IsOff { get; private set; }

    /// <summary>Whether there is no room for one more file; one that is there can be written over.</summary>
    public bool IsFull { get; set; }

    /// <summary>What is on the disk when power comes back.</summary>
    public FragileFiles PowerOn(Random random, int powerOffAt)
    {
        var folders = new Dictionary<string, Folder>();
        Recover("/");
        return new FragileFiles(folders, powerOffAt);

        void Recover(string path)
        {
            var recovered = folders[path] = _folders[path].Recover(random);
            foreach (var name in recovered.Names.Where(n => n.Value is null).Select(n => n.Key))
                Recover(Path.Combine(path, name));
        }
    }

    public bool FolderExists(string path)
    {
        lock (_lock)
            return _folders.ContainsKey(path);
    }

    public void CreateFolder(string path)
    {
        lock (_lock)
        {
            if (_folders.ContainsKey(path))
                return;
            Step();
            ParentOf(path).Change(Path.GetFileName(path), null, removes: false);
            _folders[path] = new Folder();
        }
    }

    public void Write(string path, ReadOnlySpan<byte> bytes, bool sync)
    {
        lock (_lock)
        {
            var (folder, name) = (ParentOf(path), Path.GetFileName(path));
            if (IsFull && !folder.Names.ContainsKey(name))
                throw TroubledDisk.NoRoom();
            Step();
            if (folder.Names.GetValueOrDefault(name) is not { } file)
                folder.Change(name, file = new Contents(), removes: false);
            (file.Bytes, file.IsSynced) = (bytes.ToArray(), false);
            if (!sync)
                return;
            Step();
            file.IsSynced = true;
        }
    }

    public void Rename(string from, string to)
    {
        lock (_lock)
        {
            Step();
            var file = ParentOf(from).Names[Path.GetFileName(from)];
            ParentOf(to).Change(Path.GetFileName(to), file, removes: false, from: Path.GetFileName(from));
            if (ParentOf(from) != ParentOf(to))
                ParentOf(from).Change(Path.GetFileName(from), null, removes: true);
        }
    }

    public void SyncFolder(string path)
    {
        lock (_lock)
        {
            Step();
            _folders[path].Sync();
        }
    }

    public void Delete(string path)
    {
        lock (_lock)
        {
            if (!ParentOf(path).Names.ContainsKey(Path.GetFileName(path)))
                return;
            Step();
            ParentOf(path).Change(Path.GetFileName(path), null, removes: true);
        }
    }

    /// <summary>Leaves it, as a power cut may.</summary>
    public void DeleteEmptyFolder(string path)
    {
    }

    public byte[]? Read(string path)
    {
        lock (_lock)
        {
            CheckPower();
            return ParentOf(path).Names.GetValueOrDefault(Path.GetFileName(path))?.Bytes;
        }
    }

    public IReadOnlyList<(string Name, long Bytes)> Files(string path)
    {
        lock (_lock)
        {
            CheckPower();
            return _folders.TryGetValue(path, out var folder)
                ? [.. folder.Names.Where(n => n.Value is not null).Select(n => (n.Key, (long)n.Value!.Bytes.Length))]
                : [];
        }
    }

    public IReadOnlyList<string> Folders(string path)
    {
        lock (_lock)
        {
            CheckPower();
            return _folders.TryGetValue(path, out var folder) ? [.. folder.Names.Where(n => n.Value is null).Select(n => n.Key)] : [];
        }
    }

    public IDisposable Lock(string path) => new MemoryStream();

    private Folder ParentOf(string path) => _folders[Path.GetDirectoryName(path)!];

    private void Step()
    {
        CheckPower();
        if (++Steps < _powerOffAt)
            return;
        IsOff = true;
        CheckPower();
    }

    private void CheckPower()
    {
        if (IsOff)
            throw new IOException("power is off");
    }

    private sealed class Contents
    {
        public byte[] Bytes { get; set; } = [];

        public bool IsSynced { get; set; }

        public Contents Recover(Random random)
        {
            if (IsSynced)
                return this;
            var kept = Bytes[..random.Next(Bytes.Length + 1)];
            var torn = new byte[random.Next(2) == 0 ? kept.Length : Bytes.Length];
            if (random.Next(2) == 0)
                random.NextBytes(torn);
            kept.CopyTo(torn, 0);
            return new Contents { Bytes = torn, IsSynced = true };
        }
    }

    /// <summary>Names to files; folders have none.</summary>
    private sealed class Folder
    {
        private readonly List<(string Name, Contents? File, bool Removes, string? From)> _changes = [];
        private Dictionary<string, Contents?> _synced = [];

        public Dictionary<string, Contents?> Names { get; private init; } = [];

        public void Change(string name, Contents? file, bool removes, string? from = null)
        {
            var change = (name, file, removes, from);
            Apply(Names, change);
            _changes.Add(change);
        }

        public void Sync()
        {
            _synced = new(Names);
            _changes.Clear();
        }

        public Folder Recover(Random random)
        {
            var names = new Dictionary<string, Contents?>(_synced);
            var share = random.NextDouble();
            foreach (var change in _changes.Where(_ => random.NextDouble() < share))
                Apply(names, change);
            var recovered = new Folder { Names = names.ToDictionary(n => n.Key, n => n.Value?.Recover(random)) };
            recovered.Sync();
            return recovered;
        }

        private static void Apply(Dictionary<string, Contents?> names, (string Name, Contents? File, bool Removes, string? From) change)
        {
            if (change.From is not null)
                names.Remove(change.From);
            if (change.Removes)
                names.Remove(change.Name);
            else
                names[change.Name] = change.File;
        }
    }
}
