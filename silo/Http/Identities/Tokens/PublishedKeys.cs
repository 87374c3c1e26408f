using System.Net;
using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;
using Orleans.Kpl.Certificates;

namespace Orleans.Kpl.Http.Identities.Tokens;

/// <summary>
/// An issuer's keys at an https address. A key that is not known is asked for at most once a minute, whoever asks: made-up names must not make
/// this process call the issuer. Times are monotonic: a clock that is set keeps nobody out.
/// </summary>
internal sealed partial class PublishedKeys
{
    /// <summary>The least time between two questions while no keys were read.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);

    /// <summary>The least time between two later ones.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    /// <summary>After this time the keys are read again, so that one that was withdrawn counts no longer.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly Uri _address;
    private readonly Func<Uri, CancellationToken, Task<byte[]>> _fetch;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile KeysReading _current;
    private byte[] _hash = [];
    private Task? _reading;
    private long? _askedAt;
    private long _readAt;
    private volatile bool _isAway;

    public PublishedKeys(Uri address, Func<Uri, CancellationToken, Task<byte[]>> fetch, TimeProvider time, ILogger logger)
    {
        (_address, _fetch, _time, _logger) = (address, fetch, time, logger);
        _current = new KeysReading(null, this);
    }

    private bool IsFresh => _time.GetElapsedTime(Volatile.Read(ref _readAt)) < Freshness;

    /// <summary>Returns the keys, read again first if they were read long ago, or if none of them has that name and the last question is long ago.</summary>
    public async ValueTask<KeysReading> GetAsync(string? keyId)
    {
        var keys = _current.Keys;
        var isKnown = keyId is null ? keys.Count > 0 : keys.Any(k => k.Kid == keyId);
        if (isKnown && IsFresh)
            return _current;
        // A caller who is known does not wait for an issuer that was away at the last question.
        if (Read() is { } reading && !(isKnown && _isAway))
            await reading;
        return _current;
    }

    /// <summary>
    /// Whether these are the keys still. Nobody knows once they were read long ago; while the issuer does not answer, they stay, and it is asked meanwhile.
    /// </summary>
    public bool Holds(KeysReading keys)
    {
        if (!ReferenceEquals(keys, _current))
            return false;
        if (IsFresh)
            return true;
        if (_isAway)
            Read();
        return _isAway;
    }

    /// <summary>Begins to read the keys, or joins those who wait already; null if it is too early.</summary>
    private Task? Read()
    {
        lock (_lock)
        {
            if (_reading is { IsCompleted: false })
                return _reading;
            if (_askedAt is { } asked && _time.GetElapsedTime(asked) < (_current.AreRead ? Pause : FirstPause))
                return null;
            _askedAt = _time.GetTimestamp();
            return _reading = Task.Run(ReadAsync);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            var text = await _fetch(_address, CancellationToken.None);
            var keys = TokenKeyReader.Read(text, out var reason);
            _isAway = keys is null;
            if (keys is null)
            {
                LogNone(_logger, _address, reason);
                return;
            }
            // Whose last key was stolen publishes none: those that were read must not stay.
            if (keys.Count == 0)
                LogWithdrawn(_logger, _address, reason);
            // Tokens that the same keys have proved stay proved. Otherwise a made-up name had every token proved anew, once a minute.
            var hash = SHA256.HashData(text);
            if (!hash.AsSpan().SequenceEqual(_hash))
                (_hash, _current) = (hash, new KeysReading(keys, this));
            Volatile.Write(ref _readAt, _time.GetTimestamp());
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            // The keys that were read before stay.
            _isAway = true;
            LogFailed(_logger, _address, failure.Message);
        }
    }

    [LoggerMessage(218, LogLevel.Warning, "The keys of tokens at {Address} could not be read, and the former ones stay: {Reason}")]
    private static partial void LogFailed(ILogger logger, Uri address, string reason);

    [LoggerMessage(219, LogLevel.Warning, "The keys of tokens at {Address} are not taken, and the former ones stay: {Reason}")]
    private static partial void LogNone(ILogger logger, Uri address, string reason);

    [LoggerMessage(233, LogLevel.Warning, "There are no keys of tokens at {Address} any more, so tokens of their issuer are refused: {Reason}")]
    private static partial void LogWithdrawn(ILogger logger, Uri address, string reason);
}

/// <summary>The result of one reading of an issuer's keys. It never changes.</summary>
/// <param name="keys">The keys; null where none were ever read.</param>
/// <param name="source">Where they are published; null for those of a file, which are other identities when they change.</param>
internal sealed class KeysReading(IReadOnlyList<JsonWebKey>? keys, PublishedKeys? source = null)
{
    public IReadOnlyList<JsonWebKey> Keys => keys ?? [];

    public bool AreRead => keys is not null;

    /// <summary>Whether what these keys have proved may be believed still.</summary>
    public bool Holds() => source?.Holds(this) ?? true;
}

/// <summary>Reads published keys over https: no redirects, five seconds, 1 MiB.</summary>
internal sealed class KeyFetcher : IDisposable
{
    private const int MaxBytes = 1 << 20;

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
        SslOptions = { CertificateChainPolicy = ChainPolicies.OfSystem(CertificatePurpose.Server) },
    })
    {
        Timeout = TimeSpan.FromSeconds(5),
        MaxResponseContentBufferSize = MaxBytes,
    };

    public async Task<byte[]> FetchAsync(Uri address, CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(address, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    public void Dispose() => _http.Dispose();
}
