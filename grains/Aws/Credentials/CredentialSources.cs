using System.Collections.Concurrent;
using Amazon;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Signing;

namespace Orleans.Kpl.Aws.Credentials;

/// <summary>Selects the credentials that sign a call: this process's own, or those of a role that a stream names.</summary>
internal sealed class CredentialSources
{
    private readonly ConcurrentDictionary<string, CachedCredentials> _roles = new(StringComparer.Ordinal);
    private readonly ICredentialSource _own;
    private readonly Func<string, CachedCredentials> _makeRole;

    public CredentialSources(ICredentialSource own, string description, Func<AmazonSecurityTokenServiceConfig> makeStsConfig, TimeProvider time)
    {
        _own = own;
        Description = description;
        _makeRole = role => new CachedCredentials(new RoleOrigin(role, own, makeStsConfig, time), time);
    }

    /// <summary>Where this process's own credentials come from, for the log; no secrets.</summary>
    public string Description { get; }

    /// <summary>Creates the sources in their order: settings, environment, profile and the rest, as far as the endpoint allows.</summary>
    /// <exception cref="KinesisSettingsException">One of the two keys is missing.</exception>
    public static CredentialSources Create(
        KinesisOptions options, KinesisLocation location, AwsEnvironment environment, HttpClientFactory stsConnections, TimeProvider time)
    {
        var (own, description) = MakeOwn(options, location, environment, time);
        return new CredentialSources(own, description, MakeStsConfig, time);

        AmazonSecurityTokenServiceConfig MakeStsConfig() =>
            new() { RegionEndpoint = RegionEndpoint.GetBySystemName(location.Region), HttpClientFactory = stsConnections };
    }

    public ICredentialSource For(string? roleArn) => string.IsNullOrEmpty(roleArn) ? _own : _roles.GetOrAdd(roleArn, _makeRole);

    private static (ICredentialSource Source, string Description) MakeOwn(
        KinesisOptions options, KinesisLocation location, AwsEnvironment environment, TimeProvider time)
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

        ICredentialOrigin origin = location.IsLoopback
            ? new LoopbackOrigin(options.Profile, environment)
            : new AwsChainOrigin(string.IsNullOrWhiteSpace(options.Profile) ? null : options.Profile, environment.ProfilesLocation);
        return (new CachedCredentials(origin, time), origin.Description);
    }
}
