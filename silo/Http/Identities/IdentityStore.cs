using Microsoft.Extensions.Logging;
using Orleans.Kpl.Http.Identities.Files;

namespace Orleans.Kpl.Http.Identities;

/// <summary>
/// The identities in force. Their files are looked at every two seconds, because a secret mounted into a container changes in ways that the
/// system tells nobody of. What cannot be read whole leaves the last identities in force.
/// </summary>
internal sealed partial class IdentityStore : IAsyncDisposable
{
    /// <summary>How often the files are looked at.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly string _path;
    private readonly ILogger _logger;
    private readonly PeriodicTimer _timer;
    private readonly Task _watching;
    private volatile IdentitySet _current;
    private SourceFiles _sources;

    private IdentityStore(string path, IdentitiesReading reading, TimeProvider time, ILogger logger)
    {
        (_path, _current, _sources, _logger) = (path, reading.Set!, reading.Sources, logger);
        Tell(reading);
        _timer = new PeriodicTimer(Interval, time);
        _watching = WatchAsync();
    }

    public IdentitySet Current => _current;

    /// <summary>Is raised after new identities came into force.</summary>
    public event Action? Changed;

    /// <exception cref="KplOptionsException">The file has errors; the exception lists all.</exception>
    public static IdentityStore Open(string path, TimeProvider time, ILogger<IdentityStore> logger)
    {
        var reading = IdentitiesReader.Read(path);
        return reading.Set is null ? throw new KplOptionsException(reading.Errors) : new IdentityStore(path, reading, time, logger);
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _watching;
    }

    /// <summary>Reads the files again if any of them has changed.</summary>
    internal void Refresh()
    {
        if (!_sources.HasChanged())
            return;
        var reading = IdentitiesReader.Read(_path);
        _sources = reading.Sources;
        if (reading.Set is { } set)
        {
            _current = set;
            Tell(reading);
            Changed?.Invoke();
            return;
        }
        foreach (var error in reading.Errors)
            LogRefused(_logger, error);
    }

    private async Task WatchAsync()
    {
        while (await _timer.WaitForNextTickAsync())
        {
            try
            {
                Refresh();
            }
            catch (Exception defect)
            {
                // The identities in force stay, and the next look may succeed.
                LogDefect(_logger, defect);
            }
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

    [LoggerMessage(1, LogLevel.Information, "Identities of {Path} are in force: {Count}, of which {Banned} are banned")]
    private static partial void LogRead(ILogger logger, string path, int count, int banned);

    [LoggerMessage(2, LogLevel.Error, "The changed identities are not taken, and the former ones stay in force: {Error}")]
    private static partial void LogRefused(ILogger logger, string error);

    [LoggerMessage(3, LogLevel.Warning, "{File} holds secrets, and every user of this machine may read it: let its mode be 0600")]
    private static partial void LogOpen(ILogger logger, string file);

    [LoggerMessage(4, LogLevel.Error, "The files of identities could not be looked at")]
    private static partial void LogDefect(ILogger logger, Exception error);
}
