using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Run.Following;
using Orleans.Kpl.Run;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>
/// Input <c>file</c>: finds files, follows them through renames, and writes how far they were delivered, never more. A file is known by its number and
/// first bytes, not by its name.
/// </summary>
internal sealed class FileInput : IRunInput
{
    /// <summary>The most files that are open at once; further ones wait for a turn.</summary>
    private const int MostFiles = 500;

    private readonly CliHost _host;
    private readonly StatusLine _status;
    private readonly RunSink _sink;
    private readonly FileInputSettings _settings;
    private readonly OpenLines _progress;
    private readonly List<FollowedFile> _files = [];
    private readonly List<(FollowedFile File, OpenedFile Opened)> _turns = [];
    private readonly List<FilePosition> _saved;
    private readonly IReadOnlyList<FilePattern> _patterns;
    private readonly HashSet<string> _own;
    private readonly CheckpointFile? _checkpoint;
    private readonly CancellationTokenSource _complete = new();
    private readonly Lock _lock = new();
    private readonly Lock _write = new();
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private Task _writing = Task.CompletedTask;
    private readonly long _start;
    private bool _isFirst = true;
    private int _freeTurns;
    private string? _waiting;
    private string? _unread;

    /// <param name="fallback">The file that the output keeps what failed in; null for none.</param>
    /// <exception cref="CliException">A path is no pattern that can be followed, or the checkpoint cannot be used.</exception>
    public FileInput(CliHost host, StatusLine status, RunSink sink, FileInputSettings settings, string? fallback)
    {
        (_host, _status, _sink, _settings, _start) = (host, status, sink, settings, host.Time.GetTimestamp());
        _progress = new OpenLines(settings.MaxInFlight);
        _patterns = [.. settings.Paths.Select(path => FilePattern.Parse(host.PathOf(path))
            ?? throw CliException.BadArguments($"input.file: '{path}': only the last part of a path may have * and ?"))];
        string?[] own = [fallback, .. settings.Checkpoint is { } name ? CheckpointFile.AllOf(name) : []];
        _own = [.. own.OfType<string>().Select(host.PathOf)];
        _checkpoint = settings.Checkpoint is { } file ? CheckpointFile.Open(host.PathOf(file)) : null;
        _saved = [.. _checkpoint?.Saved ?? []];
    }

    public bool IsEndless => _settings.Follow;

    public async Task ReadAsync()
    {
        _writing = Task.Run(WriteAsync);
        var (found, begun) = Scan();
        if (!_settings.Follow && found == 0 && begun == 0)
            throw CliException.NotThere($"input.file: no file fits {string.Join(" or ", _settings.Paths)}");
        while (!_sink.Halt.IsCancellationRequested && (_settings.Follow || begun > 0))
        {
            if (_settings.Follow)
                await Task.Delay(_settings.Poll, _host.Time, _sink.Halt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            else
                await Task.WhenAll(_files.Select(static file => file.Reading)).ConfigureAwait(false);
            if (!_sink.Halt.IsCancellationRequested)
                (_, begun) = Scan();
        }

        await Task.WhenAll(_files.Select(static file => file.Reading)).ConfigureAwait(false);
    }

    public async Task CompleteAsync()
    {
        await _complete.CancelAsync().ConfigureAwait(false);
        await _writing.ConfigureAwait(false);
        // Not before: what was read is delivered first.
        if (!_settings.Follow && _unread is not null)
            _sink.Break(CliException.NotThere($"input.file: the input is not whole: {_unread} could not be read"));
    }

    public ValueTask DisposeAsync()
    {
        _checkpoint?.Dispose();
        _progress.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Looks for files; returns how many there are, and how many of them are read from now on.</summary>
    private (int Found, int Begun) Scan()
    {
        Forget();
        _unread = null;
        var seen = new HashSet<FollowedFile>();
        var before = _files.Count;
        _freeTurns = MostFiles - _files.Count(static file => !file.Reading.IsCompleted);
        string[] paths = [.. Find(seen)];
        // The first that had no turn at the last look is the first of this one.
        var first = Array.BinarySearch(paths, _waiting ?? "", StringComparer.Ordinal);
        first = first < 0 ? ~first : first;
        _waiting = null;
        foreach (var path in (IEnumerable<string>)[.. paths[first..], .. paths[..first]])
        {
            if (Open(path, seen) is { } opened)
                Meet(opened, seen);
        }

        FindRenamed(seen, paths);
        _isFirst = false;
        foreach (var file in _files)
            file.EndLook(seen.Contains(file), _waiting is not null);
        // A file that the checkpoint does not know might be passed over by the run after this one: it is noted there before a line is read.
        if (_files.Count > before)
            Write();
        var begun = _turns.Count;
        foreach (var (file, opened) in _turns)
            file.Read(opened);
        _turns.Clear();
        return (paths.Length, begun);
    }

    /// <summary>Recognizes an opened file, or takes note of a new one, and gives it a turn if it wants one and one is free.</summary>
    private void Meet(OpenedFile opened, HashSet<FollowedFile> seen)
    {
        // A file without bytes is met once it has some: nothing is known that it could be recognized by.
        var file = _files.Find(file => file.Is(opened) && file.TrySee(opened)) ?? (opened.FirstBytes.Length > 0 ? Add(opened) : null);
        if (file is not null && seen.Add(file) && file.WantsTurn(opened))
        {
            if (_freeTurns-- > 0)
            {
                _turns.Add((file, opened));
                return;
            }

            _waiting ??= opened.Path;
        }

        opened.Dispose();
    }

    private FollowedFile Add(OpenedFile opened)
    {
        var saved = _saved.Find(position => position.Head.Is(opened.Number, opened.FirstBytes));
        var length = opened.Stream.Length;
        var start = saved is not null ? (saved.Offset <= length ? saved.Offset : 0) : _settings.FromEnd && _isFirst ? length : 0;
        var file = new FollowedFile(opened, start, _settings, _host.Time, _sink, _progress);
        lock (_lock)
        {
            _files.Add(file);
            if (saved is not null)
                _saved.Remove(saved);
        }

        return file;
    }

    /// <summary>Looks for files of this run and the last one that are not read to their end and have other names now, in the folders where they were.</summary>
    private void FindRenamed(HashSet<FollowedFile> seen, string[] paths)
    {
        var missing = _files.Where(file => file is { IsGone: false, Reading.IsCompleted: true } && !seen.Contains(file)).ToList();
        var folders = missing.Select(static file => file.Position).Concat(_saved).Select(static position => Path.GetDirectoryName(position.Path)!);
        foreach (var path in folders.Distinct().ToList().SelectMany(folder => List(folder, seen)).Except([.. paths, .. _own]))
        {
            if (Open(path, null) is not { } opened)
                continue;
            if (_saved.Exists(position => position.Head.Is(opened.Number, opened.FirstBytes))
                || missing.Exists(file => file.Is(opened) && file.WantsTurn(opened)))
            {
                Meet(opened, seen);
            }
            else
                opened.Dispose();
        }

        // While it is renamed, a file may be overlooked once.
        if (_settings.Follow && _host.Time.GetElapsedTime(_start) < _settings.LeastWait)
            return;
        foreach (var lost in _saved.FindAll(lost => !_told.Contains(lost.Path) && !_told.Contains(Path.GetDirectoryName(lost.Path)!)))
        {
            _status.WriteLine($"kpl: {lost.Path} of the last run is gone, read to byte {lost.Offset}", Tone.Warning);
            lock (_lock)
                _saved.Remove(lost);
        }
    }

    private IEnumerable<string> Find(HashSet<FollowedFile> seen) => _patterns
        .SelectMany(pattern => pattern.HasSigns
            ? List(pattern.Folder, seen).Where(path => pattern.Fits(Path.GetFileName(path), _settings.Exclude))
            : File.Exists(Path.Combine(pattern.Folder, pattern.Name)) ? [Path.Combine(pattern.Folder, pattern.Name)] : [])
        .Except(_own)
        .Order(StringComparer.Ordinal);

    private string[] List(string folder, HashSet<FollowedFile> seen)
    {
        try
        {
            return Directory.GetFiles(folder);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Tell(folder, exception, seen);
            return [];
        }
    }

    /// <summary>Opens a file; null where that cannot be.</summary>
    /// <param name="seen">Takes what counts as seen although it could not be opened; null for a file that may be none of the run's.</param>
    private OpenedFile? Open(string path, HashSet<FollowedFile>? seen)
    {
        try
        {
            return OpenedFile.TryOpen(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (seen is not null)
                Tell(path, exception, seen);
            return null;
        }
    }

    /// <summary>Tells once that a file or a folder cannot be read: it may be later, and all else is read on. What was met there is no less there.</summary>
    private void Tell(string path, Exception exception, HashSet<FollowedFile> seen)
    {
        _unread = path;
        if (_told.Add(path))
            _status.WriteLine($"kpl: input.file: {path} cannot be read: {exception.Message}", Tone.Bad);
        seen.UnionWith(_files.Where(file => (file.Position.Path == path || Path.GetDirectoryName(file.Position.Path) == path) && file.TrySee(null)));
    }

    /// <summary>Lets go of files that are read to their end and have no name any more.</summary>
    private void Forget()
    {
        lock (_lock)
            _files.RemoveAll(static file => file is { IsDone: true, IsGone: true });
    }

    /// <summary>Writes how far files are delivered whenever that has changed, and a last time when every line has its outcome.</summary>
    private async Task WriteAsync()
    {
        for (var isLast = false; !isLast;)
        {
            await _progress.WaitAsync(_complete.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            isLast = _complete.IsCancellationRequested;
            Write();
        }
    }

    /// <summary>Writes how far files are delivered; halts the run if that cannot be.</summary>
    private void Write()
    {
        lock (_write)
        {
            var passed = _progress.Collect();
            try
            {
                var positions = Positions();
                // Records that they have passed are in the fallback where they were not delivered.
                if (_checkpoint is not null)
                    _sink.SyncFallback();
                _checkpoint?.Write(positions);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                _sink.Break(CliException.NotThere($"input.file.checkpoint: {exception.Message}"));
                return;
            }

            _progress.Free(passed);
        }
    }

    private List<FilePosition> Positions()
    {
        lock (_lock)
            return [.. _files.Where(static file => !file.IsDone || !file.IsGone).Select(static file => file.Position), .. _saved];
    }
}
