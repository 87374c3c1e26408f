using System.Collections.Concurrent;
using Amazon.SecurityToken;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Credentials;

/// <summary>Selects the credentials that sign a call: this process's own, or those of a role that a stream names.</summary>
internal sealed class CredentialSources
{
    private readonly ConcurrentDictionary<OfStream, ICredentialSource> _ofStreams = new();
    private readonly ICredentialSource _own;
    private readonly Func<OfStream, ICredentialSource> _make;

    public CredentialSources(
        ICredentialSource own, string description, Func<AmazonSecurityTokenServiceConfig> makeStsConfig, TimeProvider time, ServerClock? clock = null)
    {
        (_own, Description, Clock) = (own, description, clock ?? new ServerClock(time));
        _make = key => Make(key, makeStsConfig, time);
    }

    /// <summary>The clock that requests are signed with, and the ends of credentials are told by.</summary>
    public ServerClock Clock { get; }

    /// <summary>The source of this process's own credentials, for the log; no secrets.</summary>
    public string Description { get; }

    /// <summary>Creates the sources in their order: settings, environment, profile and the rest, as far as the endpoint allows.</summary>
    /// <param name="connect">Gives the connections to where STS is.</param>
    /// <exception cref="KinesisSettingsException">One of the two keys is missing.</exception>
    public static CredentialSources Create(
        KinesisOptions options, KinesisLocation location, AwsEnvironment environment, Func<KinesisLocation, HttpMessageHandler> connect, TimeProvider time)
    {
        var clock = new ServerClock(time);
        var (own, description) = MakeOwn(options, location, environment, time, clock);
        return new CredentialSources(own, description, () => SdkClients.ForSts(location.Region, options.Profile, environment, connect), time, clock);
    }

    /// <summary>The source of the credentials for a stream, for people; null for this process' own.</summary>
    public string DescriptionFor(StreamTarget? stream) => stream is { RoleArn: { Length: > 0 } role } ? $"role {role}"
        : stream?.Credentials is not null ? "the stream's own Credentials" : Description;

    /// <summary>Returns the credentials for a stream; null for this process' own.</summary>
    public ICredentialSource For(StreamTarget? stream) =>
        stream is null || (string.IsNullOrEmpty(stream.RoleArn) && stream.Credentials is null)
            ? _own
            : _ofStreams.GetOrAdd(new(stream.Credentials, stream.RoleArn, stream.RoleExternalId, stream.RoleSessionName), _make);

    /// <summary>Makes the credentials of streams; those that have the same settings share them.</summary>
    private CachedCredentials Make(OfStream key, Func<AmazonSecurityTokenServiceConfig> makeStsConfig, TimeProvider time)
    {
        if (string.IsNullOrEmpty(key.RoleArn))
            return new CachedCredentials(new CodeOrigin(key.Credentials!, Clock), time);
        var caller = key.Credentials is null ? _own : _ofStreams.GetOrAdd(new(key.Credentials, null, null, null), _make);
        var role = new RoleOrigin(key.RoleArn, caller, makeStsConfig, Clock) { ExternalId = key.ExternalId, SessionName = key.SessionName };
        return new CachedCredentials(role, time);
    }

    private static (ICredentialSource Source, string Description) MakeOwn(
        KinesisOptions options, KinesisLocation location, AwsEnvironment environment, TimeProvider time, ServerClock clock)
    {
        var hasId = !string.IsNullOrWhiteSpace(options.AccessKeyId);
        var hasSecret = !string.IsNullOrWhiteSpace(options.SecretAccessKey);
        if (hasId != hasSecret)
        {
            throw new KinesisSettingsException(
                hasId ? "Kpl:Kinesis:SecretAccessKey" : "Kpl:Kinesis:AccessKeyId", "is not set, though the other half of the access key is.");
        }

        if (hasId)
        {
            // Secrets that are mounted as files often end with a line break.
            var keys = new SigningCredentials(options.AccessKeyId!.Trim(), options.SecretAccessKey!.Trim(), options.SessionToken?.Trim());
            return (new FixedCredentials(keys), "settings");
        }

        // The SDK's chain passes over files that it cannot read, to whatever credentials come next.
        if (options.Credentials is null && !location.IsLoopback)
            environment.CheckFiles();
        ICredentialOrigin origin = options.Credentials is { } code
            ? new CodeOrigin(code, clock)
            : location.IsLoopback
            ? new LoopbackOrigin(options.Profile, environment)
            : new AwsChainOrigin(string.IsNullOrWhiteSpace(options.Profile) ? null : options.Profile, environment.ProfilesLocation);
        return (new CachedCredentials(origin, time), origin.Description);
    }

    private readonly record struct OfStream(
        Func<CancellationToken, ValueTask<KinesisCredentials>>? Credentials, string? RoleArn, string? ExternalId, string? SessionName);
}
