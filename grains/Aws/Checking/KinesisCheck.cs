using System.Globalization;
using Amazon;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Aws.Checking;

/// <summary>
/// Asks Kinesis whether a producer with these settings could work. It makes a few calls on connections of its own and writes no record.
/// </summary>
internal sealed class KinesisCheck : IDisposable
{
    /// <summary>How long credentials are waited for: those of instances and containers are asked for over the network.</summary>
    private static readonly TimeSpan CredentialLimit = TimeSpan.FromSeconds(10);

    private readonly KplOptions _options;
    private readonly KinesisClient _client;
    private readonly AwsEnvironment _environment;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private TimeSpan? _skew;
    private TimeSpan? _probeSkew;

    private KinesisCheck(KplOptions options, KinesisClient client, AwsEnvironment environment, TimeProvider time)
    {
        (_options, _client, _environment, _time) = (options, client, environment, time);
        client.DateSeen = Compare;
    }

    /// <summary>Checks, and tells everything that it found.</summary>
    /// <param name="options">The settings of the producer.</param>
    /// <param name="settingErrors">What is wrong with them, each in a sentence.</param>
    /// <param name="streams">The streams to ask about.</param>
    /// <param name="environment">AWS's variables and files.</param>
    public static async Task<KplCheckReport> RunAsync(
        KplOptions options, IReadOnlyList<string> settingErrors, IReadOnlyList<string> streams, AwsEnvironment environment, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var settings = SettingLines.Of(settingErrors);
        var unasked = streams.Select(s => new StreamFindings(s) { PutsAlone = PutsAlone(options, s) });
        if (settingErrors.Any(SettingLines.IsOfConnection))
            return new KplCheckReport { Lines = [.. settings, .. SettingLines.NotAsked(unasked, null)] };
        KinesisClient gateway;
        try
        {
            gateway = KinesisClient.Create(options.Kinesis, time, environment);
        }
        catch (KinesisSettingsException error)
        {
            return new KplCheckReport { Lines = [.. settings, .. SettingLines.NotAsked(unasked, error)] };
        }

        using var check = new KinesisCheck(options, gateway, environment, time);
        var findings = await check.FindAsync(streams, cancellationToken).ConfigureAwait(false);
        return new KplCheckReport
        {
            Lines = [.. settings, .. ProcessLines.Of(findings), .. findings.Streams.SelectMany(s => StreamLines.Of(s, ProcessLines.ObstacleOf(findings, s)))],
            AwayCode = ProcessLines.AwayCodeOf(findings),
            MissingStreams = findings.Streams.Where(static s => s.IsMissing).Select(static s => s.Stream).Order(StringComparer.Ordinal).ToArray(),
            FoundStreams = findings.Streams.Where(static s => s.IsFound).Select(static s => s.Stream).ToArray(),
        };
    }

    /// <summary>The check that a host makes at its start.</summary>
    /// <param name="options">The settings of the producer, checked.</param>
    /// <param name="streams">The streams to ask about beside those that have settings of their own.</param>
    /// <returns>Asks about those streams alone, or about all for null.</returns>
    public static Func<IReadOnlyList<string>?, CancellationToken, Task<KplCheckReport>> AtStart(
        KplOptions options, IEnumerable<string> streams, TimeProvider time)
    {
        var settings = options.Snapshot();
        List<string> asked = [.. streams.Concat(settings.ConfiguredStreams).Distinct(StringComparer.Ordinal)];
        return (only, cancellationToken) => RunAsync(settings, [], only ?? asked, AwsEnvironment.Process, time, cancellationToken);
    }

    public void Dispose() => _client.Dispose();

    private async Task<CheckFindings> FindAsync(IReadOnlyList<string> streams, CancellationToken cancellationToken)
    {
        var asking = EndpointProbe.AskAsync(
            _client.Connections, _client.Location.Endpoint, ProxyOf(_options.Kinesis), _options.RequestTimeout, CompareProbe, _time, cancellationToken);
        List<StreamFindings> begun = [.. streams.Select(Begin)];
        var needsProcess = begun.Count == 0 || begun.Exists(static s => s.NeedsProcess);
        var missing = needsProcess ? await FetchAsync(null, cancellationToken).ConfigureAwait(false) : null;
        var findings = new CheckFindings
        {
            Location = _client.Location,
            Why = _client.Heeded is null ? null : _client.Why,
            Others = ClientLines.Of(_options, _client.Location.Region, _environment, _time),
            NearestRegion = FindNearestRegion(_client.Location),
            CredentialSource = _client.CredentialSource,
            AreFromCode = _options.Kinesis.Credentials is not null,
            CredentialError = missing,
            NeedsProcess = needsProcess,
            Endpoint = await asking.ConfigureAwait(false),
            Streams = begun,
        };
        if (findings.Endpoint.Trouble == EndpointTrouble.None)
        {
            var asked = begun.Select(s => s.NeedsProcess && missing is not null ? Task.FromResult(s) : AskAsync(s, cancellationToken));
            findings = findings with
            {
                Streams = await Task.WhenAll(asked).ConfigureAwait(false),
                Account = begun.Count == 0 && missing is null ? await AskAccountAsync(cancellationToken).ConfigureAwait(false) : default,
            };
        }

        lock (_lock)
            return findings with { Skew = _skew ?? _probeSkew };
    }

    private static bool PutsAlone(KplOptions options, string stream) => options.GetStream(stream).Ordered == OrderedMode.PutRecord;

    private StreamTarget TargetOf(string stream) => StreamTarget.Of(stream, _options.GetStream(stream));

    private StreamFindings Begin(string stream)
    {
        var target = TargetOf(stream);
        var hasRole = !string.IsNullOrEmpty(target.RoleArn);
        return new StreamFindings(stream)
        {
            OwnSource = hasRole || target.Credentials is not null ? _client.CredentialSourceFor(target) : null, HasRole = hasRole,
            NeedsProcess = target.Credentials is null,
            PutsAlone = PutsAlone(_options, stream),
        };
    }

    private async Task<StreamFindings> AskAsync(StreamFindings findings, CancellationToken cancellationToken)
    {
        var target = TargetOf(findings.Stream);
        if (findings.OwnSource is not null && await FetchAsync(target, cancellationToken).ConfigureAwait(false) is { } error)
            return findings with { CredentialError = error };

        // One after the other: where the first answer corrects the clock, the others are signed with it.
        var (summary, description) = await AskAsync(() => _client.DescribeStreamSummaryAsync(target, cancellationToken)).ConfigureAwait(false);
        var (shards, listed) = await AskAsync(() => _client.ListShardsAsync(target, ShardFilter.AtLatest, cancellationToken)).ConfigureAwait(false);
        var (put, _) = await AskAsync(() => _client.PutImpossibleAsync(target, findings.PutsAlone, cancellationToken)).ConfigureAwait(false);
        return findings with
        {
            Summary = summary, Description = description, Shards = shards, OpenShards = listed?.Count(static s => s.IsOpen) ?? 0, Put = put,
        };
    }

    /// <summary>Asks something that needs no stream, and no right for its refusal to tell that the signature was accepted.</summary>
    private async Task<CheckAnswer> AskAccountAsync(CancellationToken cancellationToken)
    {
        var anyStream = StreamTarget.Of("kpl-check", _options);
        return (await AskAsync(() => _client.DescribeLimitsAsync(anyStream, cancellationToken)).ConfigureAwait(false)).Answer;
    }

    private static async Task<(CheckAnswer Answer, T? Reply)> AskAsync<T>(Func<ValueTask<T>> call)
    {
        try
        {
            return (CheckAnswer.Success, await call().ConfigureAwait(false));
        }
        catch (KinesisException error)
        {
            return (CheckAnswer.Of(error), default);
        }
    }

    /// <summary>Fetches credentials; returns why there are none, or null.</summary>
    private async Task<string?> FetchAsync(StreamTarget? stream, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(CredentialLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _client.FetchCredentialsAsync(stream, either.Token).ConfigureAwait(false);
            return null;
        }
        catch (KinesisException error)
        {
            return error.Message.TrimEnd('.');
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"none from {_client.CredentialSourceFor(stream)} within {CredentialLimit.TotalSeconds:0} s";
        }
    }

    /// <summary>Notes how far the service's clock is from this machine's: the most that any answer told.</summary>
    private void Compare(DateTimeOffset serverTime)
    {
        var skew = serverTime - _time.GetUtcNow();
        lock (_lock)
            _skew = _skew is { } former && former.Duration() > skew.Duration() ? former : skew;
    }

    /// <summary>Notes what the unsigned request was told. It counts where no call was answered: what answers it need not be Kinesis.</summary>
    private void CompareProbe(DateTimeOffset serverTime)
    {
        lock (_lock)
            _probeSkew = serverTime - _time.GetUtcNow();
    }

    private static string? ProxyOf(KinesisOptions options) =>
        string.IsNullOrEmpty(options.ProxyHost) ? null : string.Create(CultureInfo.InvariantCulture, $"{options.ProxyHost}:{options.ProxyPort}");

    private static string? FindNearestRegion(KinesisLocation location)
    {
        if (location.IsOverridden)
            return null;
        // The SDK lists every region that it was asked for once, and calls one that it has no data of Unknown.
        List<string> known = [.. RegionEndpoint.EnumerableAllRegions.Where(static r => r.DisplayName is not "Unknown").Select(static r => r.SystemName)];
        return known.Contains(location.Region) ? null : known.MinBy(r => NearestSetting.EditDistance(location.Region, r));
    }
}
