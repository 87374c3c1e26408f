using Orleans.Kpl.Bytes;
using Orleans.Kpl.Http.Identities.Files;

namespace Orleans.Kpl.Http.Identities;

/// <summary>
/// The identities in force. What cannot be read whole at a look at the files leaves the last ones in force. What administrators say for a while comes on top.
/// </summary>
internal sealed partial class IdentityStore : IAsyncDisposable
{
    /// <summary>How long before its end a key is told of.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromDays(7);

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly IdentityOverrides _overrides;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly HashSet<(string, DateTimeOffset)> _told = [];
    private readonly FileWatch _watch;
    private volatile IdentitySet _current;
    private IdentitySet _file;
    private SourceFiles _sources;

    private IdentityStore(string path, IdentitiesReading reading, IdentityOverrides overrides, TimeProvider time, ILogger logger)
    {
        (_path, _current, _file, _sources, _overrides, _logger) = (path, reading.Set!, reading.Set!, reading.Sources, overrides, logger);
        _time = time;
        Tell(reading);
        TellEnding();
        overrides.Changed += Apply;
        _watch = new FileWatch(Refresh, defect => LogDefect(logger, defect), time);
    }

    public IdentitySet Current => _current;

    /// <summary>When API keys were used last at this process.</summary>
    public KeyUses ApiKeyUses { get; } = new();

    /// <summary>When access keys were used last at this process.</summary>
    public KeyUses AccessKeyUses { get; } = new();

    /// <summary>Opens a file.</summary>
    /// <param name="overrides">What administrators say; null for nothing.</param>
    /// <exception cref="KplOptionsException">The file has errors; the exception lists all.</exception>
    public static IdentityStore Open(string path, TimeProvider time, ILogger<IdentityStore> logger, IdentityOverrides? overrides = null)
    {
        var reading = IdentitiesReader.Read(path);
        return reading.Set is null
            ? throw new KplOptionsException(reading.Errors)
            : new IdentityStore(path, reading, overrides ?? new IdentityOverrides(time), time, logger);
    }

    public ValueTask DisposeAsync()
    {
        _overrides.Changed -= Apply;
        return _watch.DisposeAsync();
    }

    /// <summary>Reads the files again if any of them has changed.</summary>
    internal void Refresh()
    {
        _overrides.DropOver();
        TellEnding();
        if (!_sources.HasChanged())
            return;
        var reading = IdentitiesReader.Read(_path);
        _sources = reading.Sources;
        if (reading.Set is { } set)
        {
            lock (_lock)
                _file = set;
            Tell(reading);
            Apply();
            return;
        }
        foreach (var error in reading.Errors)
            LogRefused(_logger, error);
    }

    /// <summary>Puts into force what the file and the administrators say now.</summary>
    private void Apply()
    {
        lock (_lock)
            _current = _file.With(_overrides.InForce());
    }

    /// <summary>Says once of each key that it ends soon, or has ended.</summary>
    private void TellEnding()
    {
        var soon = _time.GetUtcNow() + Notice;
        foreach (var key in _current.EndingKeys)
        {
            if (key.Until <= soon && _told.Add(key))
                LogEnding(_logger, key.Id, key.Until);
        }
    }

    private void Tell(IdentitiesReading reading)
    {
        var identities = reading.Set!.Identities;
        var banned = identities.Values.Count(static i => i.IsBanned);
        LogRead(_logger, _path, identities.Count, banned);
        foreach (var file in reading.Sources.OpenSecrets)
            LogOpen(_logger, file);
    }

    [LoggerMessage(210, LogLevel.Information, "Identities of {Path} are in force: {Count}, of which {Banned} are banned")]
    private static partial void LogRead(ILogger logger, string path, int count, int banned);

    [LoggerMessage(211, LogLevel.Error, "The changed identities are not taken, and the former ones stay in force: {Error}")]
    private static partial void LogRefused(ILogger logger, string error);

    [LoggerMessage(212, LogLevel.Warning, "{File} holds secrets, and every user of this machine may read it: let its mode be 0600")]
    private static partial void LogOpen(ILogger logger, string file);

    [LoggerMessage(214, LogLevel.Warning, "The key {Key} holds until {End:u}, and no longer")]
    private static partial void LogEnding(ILogger logger, string key, DateTimeOffset end);

    [LoggerMessage(213, LogLevel.Error, "The files of identities could not be looked at")]
    private static partial void LogDefect(ILogger logger, Exception error);
}
