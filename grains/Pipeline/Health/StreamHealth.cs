using System.Collections.Frozen;

namespace Orleans.Kpl.Pipeline.Health;

/// <summary>
/// Decides from the outcomes of a stream's calls whether Kinesis is away. One failed call is an accident; two without a success between them, or one
/// that nothing has followed for two seconds, is a state. It ends with the next success.
/// </summary>
/// <remarks>Puts and readings of the shard map are judged apart: where puts are denied, a shard map that can be read proves nothing.</remarks>
internal sealed class StreamHealth
{
    /// <summary>How long a single failure stays an accident.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private const int Enough = 2;

    private readonly Lock _lock = new();
    private Degradation? _puts;
    private Degradation? _map;
    private volatile bool _isTroubled;
    private volatile bool _wasReached;

    /// <summary>
    /// Raised when a call fails after a success, or as the first one. The event is raised on the thread of the call: a handler returns at once and never
    /// throws.
    /// </summary>
    public event Action? Troubled;

    /// <summary>Whether no record waits to be sent, so that no put tells how Kinesis is.</summary>
    public Func<bool> IsIdle { get; set; } = static () => false;

    /// <summary>Whether any call was answered by Kinesis so far, with whatever answer.</summary>
    public bool WasReached => _wasReached;

    /// <summary>Whether calls fail now, accident or state.</summary>
    public Degradation? Trouble
    {
        get
        {
            lock (_lock)
                return _puts ?? _map;
        }
    }

    /// <summary>Whether a reading of the shard map could show that it is over: then it is read where nothing else would tell.</summary>
    public bool EndsByReading
    {
        get
        {
            lock (_lock)
                return _puts is null ? _map is not null : MayEndByReading(_puts);
        }
    }

    /// <summary>Notes that Kinesis took records.</summary>
    public void PutTaken()
    {
        if (_wasReached && !_isTroubled)
            return;
        _wasReached = true;
        lock (_lock)
        {
            (_puts, _map) = (null, null);
            _isTroubled = false;
        }
    }

    /// <summary>Notes that a call with records failed, or that Kinesis took none of them.</summary>
    public void PutFailed(long now, string code, string message)
    {
        if (!AwayCodes.IsAway(code))
        {
            PutTaken();
            return;
        }

        Fail(ref _puts, now, code, message);
    }

    /// <summary>Notes that Kinesis answered about the shards.</summary>
    public void MapRead()
    {
        if (_wasReached && !_isTroubled)
            return;
        _wasReached = true;
        lock (_lock)
        {
            _map = null;
            if (_puts is not null && MayEndByReading(_puts))
                _puts = null;
            _isTroubled = _puts is not null;
        }
    }

    /// <summary>Notes that the shards could not be listed. Where listing them is denied, Kinesis is there.</summary>
    public void MapFailed(long now, string code, string message)
    {
        if (!AwayCodes.IsAway(code) || code == "AccessDeniedException")
        {
            MapRead();
            return;
        }

        Fail(ref _map, now, code, message);
    }

    /// <summary>Returns why Kinesis counts as away at that instant; null where it does not.</summary>
    public Degradation? Find(long now)
    {
        if (!_isTroubled)
            return null;
        lock (_lock)
            return State(_puts, now) ?? State(_map, now);
    }

    /// <remarks>A service in trouble that lists shards may still refuse puts. Where none is there to tell, it counts as well until the next one.</remarks>
    private bool MayEndByReading(Degradation puts) => AwayCodes.IsOfTheWay(puts.Code) || AwayCodes.IsOfTheService(puts.Code) && IsIdle();

    private static Degradation? State(Degradation? failures, long now) =>
        failures is not null && (failures.Failures >= Enough || now - failures.Since >= Patience.Ticks) ? failures : null;

    private void Fail(ref Degradation? failures, long now, string code, string message)
    {
        bool isFirst;
        lock (_lock)
        {
            isFirst = !_isTroubled;
            failures = Degradation.Then(failures, now, code, message);
            _isTroubled = true;
        }

        if (isFirst)
            Troubled?.Invoke();
    }
}

/// <summary>Which failures of a call mean that Kinesis is away, or refuses everything until somebody acts.</summary>
internal static class AwayCodes
{
    private const int LongestCode = 64;

    /// <summary>Failures that Kinesis answers with while it works: of the rate, of one record, of one stream's state.</summary>
    private static readonly FrozenSet<string> Working = FrozenSet.Create(
        StringComparer.Ordinal,
        RecordErrorCodes.Throttled, "LimitExceededException", "ThrottlingException", "KMSThrottlingException",
        "ResourceInUseException", RecordErrorCodes.ResourceNotFound, RecordErrorCodes.InvalidStream,
        "ValidationException", "SerializationException", "InvalidArgumentException", "RequestEntityTooLargeException", "HTTP 413",
        RecordErrorCodes.RecordCountMismatch, RecordErrorCodes.LeaseLost);

    /// <summary>Failures of the way to Kinesis, not of an operation: any other operation that succeeds proves that they are over.</summary>
    private static readonly FrozenSet<string> OfTheWay = FrozenSet.Create(
        StringComparer.Ordinal,
        RecordErrorCodes.ConnectionFailed, RecordErrorCodes.ConnectionLost, RecordErrorCodes.RequestTimeout, RecordErrorCodes.CredentialsUnavailable,
        "ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException");

    /// <summary>Failures of the service, or of what stands before it, for which nobody here can do anything.</summary>
    private static readonly FrozenSet<string> OfTheService = FrozenSet.Create(
        StringComparer.Ordinal,
        "InternalFailure", "InternalFailureException", "ServiceUnavailable", "HTTP 500", "HTTP 502", "HTTP 503", "HTTP 504", RecordErrorCodes.InvalidAnswer);

    public static bool IsAway(string code) => !Working.Contains(code);

    /// <summary>Whether the success of another operation proves that this failure is over.</summary>
    public static bool IsOfTheWay(string code) => OfTheWay.Contains(code);

    /// <summary>Whether the service itself failed.</summary>
    public static bool IsOfTheService(string code) => OfTheService.Contains(code);

    /// <summary>Returns the code if it has the form of one: what a proxy sends in its place is shown to nobody.</summary>
    public static string Shown(string code) =>
        code.Length is > 0 and <= LongestCode && code.All(static c => char.IsAsciiLetterOrDigit(c) || c == ' ') ? code : RecordErrorCodes.InvalidAnswer;
}

/// <summary>Calls of a stream that failed one after the other.</summary>
/// <param name="Since">When the first of them failed.</param>
/// <param name="Code">The latest error code.</param>
/// <param name="Message">The latest message, for operators only: it may have the service's words.</param>
internal sealed record Degradation(long Since, int Failures, string Code, string Message)
{
    private static readonly TimeSpan CodeStays = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The code by which the state is told, with its advice: the first one, for as long as it comes again within ten seconds. In an outage some calls are
    /// refused and some time out, and a sentence that changes with each is read by nobody.
    /// </summary>
    public string StateCode { get; init; } = Code;

    /// <summary>When that code came last.</summary>
    public long StateCodeAt { get; init; } = Since;

    /// <summary>The latest code and message.</summary>
    public string Told => $"{AwayCodes.Shown(Code)}: {Message}";

    /// <summary>Adds a failure to those before it, if there were any.</summary>
    public static Degradation Then(Degradation? before, long now, string code, string message)
    {
        if (before is null)
            return new(now, 1, code, message);
        var isNew = code == before.StateCode || now - before.StateCodeAt >= CodeStays.Ticks;
        return before with
        {
            Failures = before.Failures + 1,
            Code = code,
            Message = message,
            StateCode = isNew ? code : before.StateCode,
            StateCodeAt = isNew ? now : before.StateCodeAt,
        };
    }
}
