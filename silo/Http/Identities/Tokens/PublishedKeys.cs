using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Http.Identities.Tokens;

/// <summary>
/// An issuer's keys at an https address. A key that is not known is asked for at most once a minute, whoever asks: made-up names must not make
/// this process call the issuer.
/// </summary>
internal sealed partial class PublishedKeys(Uri address, Func<Uri, CancellationToken, Task<byte[]>> fetch, TimeProvider time, ILogger logger)
{
    /// <summary>The least time between two questions.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    /// <summary>After this time the keys are read again, so that one that was withdrawn counts no longer.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private volatile KeysReading _current = new([], DateTimeOffset.MinValue);
    private Task? _reading;
    private DateTimeOffset? _askedAt;

    /// <summary>Returns the keys, read again first if none of them has that name and the last question is long ago.</summary>
    public async ValueTask<IReadOnlyList<TokenKey>> GetAsync(string? keyId)
    {
        var (keys, readAt) = _current;
        var isKnown = keyId is null ? keys.Count > 0 : keys.Any(k => k.Id == keyId);
        if (isKnown && time.GetUtcNow() - readAt < Freshness)
            return keys;
        var reading = Read();
        if (!isKnown && reading is not null)
            await reading;
        return _current.Keys;
    }

    /// <summary>Begins to read the keys, or joins those who wait already; null if it is too early.</summary>
    private Task? Read()
    {
        lock (_lock)
        {
            if (_reading is { IsCompleted: false })
                return _reading;
            var now = time.GetUtcNow();
            if (_askedAt is { } asked && now - asked < Pause)
                return null;
            _askedAt = now;
            return _reading = Task.Run(ReadAsync);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            var keys = TokenKeyReader.Read(await fetch(address, CancellationToken.None), out var reason);
            if (keys.Count == 0)
            {
                LogNone(logger, address, reason);
                return;
            }
            _current = new KeysReading(keys, time.GetUtcNow());
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            // The keys that were read before stay.
            LogFailed(logger, address, failure.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The keys of tokens at {Address} could not be read, and the former ones stay: {Reason}")]
    private static partial void LogFailed(ILogger logger, Uri address, string reason);

    [LoggerMessage(2, LogLevel.Warning, "The keys of tokens at {Address} are not taken, and the former ones stay: {Reason}")]
    private static partial void LogNone(ILogger logger, Uri address, string reason);

    private sealed record KeysReading(IReadOnlyList<TokenKey> Keys, DateTimeOffset At);
}
