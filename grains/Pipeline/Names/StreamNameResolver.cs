using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Names;

/// <summary>
/// Gives each stream one canonical name: its name if it is in the producer's own region and account, else its ARN. Two spellings must not make
/// two owners of a shard. So an ARN has no canonical name before it is known whose it is, by what Kinesis has told of that region and account.
/// </summary>
/// <param name="patience">
/// How long Kinesis is asked again while it does not answer, fails or throttles. Embedded it is as long as records live, because puts wait so long for it.
/// </param>
/// <param name="keepArns">Whether an ARN is a name of its own, because <c>UseArnHost</c> chooses the host by it.</param>
internal sealed class StreamNameResolver(
    KplOptions options, IKinesisGateway kinesis, TimeProvider time, TimeSpan patience = default, bool keepArns = false)
{
    /// <summary>
    /// How often Kinesis is asked about one ARN before the puts that wait for it fail. DescribeStreamSummary allows an account 20 calls a second.
    /// </summary>
    public const int Tries = 4;

    /// <summary>How long what could not be told is not asked again.</summary>
    public static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(1);

    private const string Prefix = "arn:";

    /// <summary>The most ARNs that are looked up without being read: anybody may make some up.</summary>
    private const int MostKnown = 1_024;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(2);

    // By whose credentials Kinesis was asked. They do not change: once something is here, an ARN needs no call.
    private readonly ConcurrentDictionary<StreamTarget, OwnStreams> _own = new();
    private readonly ConcurrentDictionary<string, string> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task> _asking = new(StringComparer.Ordinal);

    /// <summary>Told once of an ARN that has settings of its own, and of the name that it turned out to be: only the name's settings are used.</summary>
    public Action<string, string>? SettingsUnused { get; set; }

    /// <summary>How long puts by an ARN may keep those behind them from an ordered stream.</summary>
    public TimeSpan LongestLine { get; } = patience > LastWait ? patience : LastWait;

    /// <summary>Returns the canonical name of a stream that is given by name or ARN. Where it is not known yet, Kinesis is asked, some times over.</summary>
    /// <exception cref="RecordValidationException">The text is neither a name nor an ARN.</exception>
    /// <exception cref="KinesisException">It cannot be told now. Nothing may be done under the ARN.</exception>
    /// <exception cref="OperationCanceledException">The caller did not wait for the answer.</exception>
    public async ValueTask<string> CanonicalAsync(string stream, CancellationToken cancellationToken = default)
    {
        StreamName.Check(stream);
        while (true)
        {
            if (Find(stream) is { } known)
                return known;
            var asking = _asking.GetOrAdd(stream, static (arn, names) => OwnFlow.Run(() => names.AskAsync(arn)), this);
            await asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Returns the name under which a stream is managed: the canonical one. Managed under its ARN too, it would have a second policy and a second history.
    /// </summary>
    /// <exception cref="StreamManagerException">It cannot be told now.</exception>
    public async ValueTask<string> ManagedAsync(string stream, CancellationToken cancellationToken = default)
    {
        try
        {
            return await CanonicalAsync(stream, cancellationToken).ConfigureAwait(false);
        }
        catch (KinesisException e)
        {
            throw new StreamManagerException(StreamManagerErrorCodes.StateUnavailable, $"whose stream {stream} is cannot be told now: {e.Message}");
        }
    }

    /// <summary>Returns the canonical name if that needs no call; null otherwise. A text that is no stream stays as it is.</summary>
    public string? Find(string stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (keepArns || !stream.StartsWith(Prefix, StringComparison.Ordinal) || !StreamName.IsFit(stream))
            return stream;
        if (_known.TryGetValue(stream, out var known))
            return known;
        if (!_own.TryGetValue(KeyOf(stream), out var own) || own.CanonicalOf(stream) is not { } name)
            return null;
        if (_known.Count < MostKnown && _known.TryAdd(stream, name) && name != stream && options.ConfiguredStreams.Contains(stream))
            SettingsUnused?.Invoke(stream, name);
        return name;
    }

    /// <summary>Returns the stream's canonical name if it is known; otherwise the given text, under which nothing was put.</summary>
    public string Known(string stream) => Find(stream) ?? stream;

    /// <summary>The name in an ARN; a name as it is.</summary>
    public static string NameIn(string stream) => stream[(stream.LastIndexOf('/') + 1)..];

    private StreamTarget TargetOf(string arn) => StreamTarget.Of(NameIn(arn), options.GetStream(NameIn(arn)));

    /// <summary>A stream's own role or credentials may be those of another account.</summary>
    private StreamTarget KeyOf(string arn) => TargetOf(arn) with { Stream = "" };

    /// <summary>Completes when it is known whose the ARN is, or fails.</summary>
    private async Task AskAsync(string arn)
    {
        // The others who ask must find this question.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var began = time.GetTimestamp();
        try
        {
            await new Backoff(FirstWait, LastWait).RetryAsync(() => AskOnceAsync(arn), IsToBeAskedAgain, time, CancellationToken.None).ConfigureAwait(false);
            _asking.TryRemove(arn, out _);
        }
        catch
        {
            _ = ForgetLaterAsync(arn);
            throw;
        }

        bool IsToBeAskedAgain(Exception failure, int tries) => failure is KinesisException { Code: not RecordErrorCodes.ResourceNotFound } e
            && (tries < Tries || (e.MayPass() && time.GetElapsedTime(began) < patience));
    }

    private async Task AskOnceAsync(string arn)
    {
        OwnStreams? own;
        try
        {
            own = OwnStreams.OfArn((await kinesis.DescribeStreamSummaryAsync(TargetOf(arn), CancellationToken.None).ConfigureAwait(false)).StreamArn);
            if (own is null)
                throw new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.InvalidAnswer, $"Kinesis has told no ARN of stream {NameIn(arn)}");
        }
        catch (KinesisException e) when (OwnStreams.OfError(e.Message) is { } told)
        {
            // The stream is not there, or may not be described, and the error says whose it would be.
            if (told.CanonicalOf(arn) is null)
                throw;
            own = told;
        }

        _own.AddOrUpdate(KeyOf(arn), own, (_, former) => former.IsWhole ? former : own);
    }

    /// <summary>Later ones share the failure for a moment: each question counts for the whole account.</summary>
    private async Task ForgetLaterAsync(string arn)
    {
        await Task.Delay(AskAgainAfter, time).ConfigureAwait(false);
        // All who asked may have given up before: the failure counts as observed.
        if (_asking.TryRemove(arn, out var asked))
            await asked.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}

/// <summary>The account whose streams are called by their names, and its region as far as it is known.</summary>
/// <param name="Beginning">What the ARNs of its streams in that region begin with; null where only the account is known.</param>
internal sealed record OwnStreams(string Account, string? Beginning)
{
    private const string OfStreams = ":stream/";
    private const string UnderAccount = "under account ";
    private const string OnResource = "on resource: arn:";
    private const int AccountLength = 12;

    /// <summary>Whether every ARN has a canonical name.</summary>
    public bool IsWhole => Beginning is not null;

    /// <summary>Returns what an ARN of one's own tells; null where the text is no stream's ARN.</summary>
    public static OwnStreams? OfArn(string arn)
    {
        var parts = arn.Split(':');
        return parts is ["arn", _, "kinesis", _, { Length: AccountLength } account, ..] && arn.IndexOf(OfStreams, StringComparison.Ordinal) is var end and > 0
            ? new OwnStreams(account, arn[..(end + OfStreams.Length)])
            : null;
    }

    /// <summary>
    /// Returns what the error of a call by name tells: <c>Stream events under account 111122223333 not found.</c>, or <c>User: … is not authorized to
    /// perform: kinesis:DescribeStreamSummary on resource: arn:aws:kinesis:us-east-1:111122223333:stream/events because …</c>. Null where it tells nothing.
    /// </summary>
    public static OwnStreams? OfError(string message)
    {
        if (message.IndexOf(OnResource, StringComparison.Ordinal) is var resource and >= 0)
            return OfArn(message[(resource + OnResource.Length - "arn:".Length)..].Split(' ')[0]);
        var start = message.IndexOf(UnderAccount, StringComparison.Ordinal) + UnderAccount.Length;
        if (start < UnderAccount.Length || message.Length < start + AccountLength)
            return null;
        var account = message[start..(start + AccountLength)];
        return account.All(char.IsAsciiDigit) ? new OwnStreams(account, null) : null;
    }

    /// <summary>Returns the canonical name of a stream's ARN; null where the region is missing to tell it.</summary>
    public string? CanonicalOf(string arn)
    {
        if (Beginning is not null)
            return arn.StartsWith(Beginning, StringComparison.Ordinal) ? arn[Beginning.Length..] : arn;
        return OfArn(arn)?.Account == Account ? null : arn;
    }
}
