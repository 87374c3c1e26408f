using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Signing;

namespace Orleans.Kpl.Aws.Credentials;

/// <summary>
/// Gets credentials for an endpoint on this machine: the profile that settings name, else environment and its profile, else <c>local</c>/<c>local</c>. What
/// the environment's profile would ask others for is not used, such as a role, single sign-on, web identity and metadata: a developer's machine lacks it, is
/// not logged in, or waits for time-outs.
/// </summary>
internal sealed class LoopbackOrigin(string? profileSetting, AwsEnvironment environment) : ICredentialOrigin
{
    private static readonly SigningCredentials Local = new("local", "local", null);

    private readonly AwsChainOrigin _sdk = new(environment.ProfileName(profileSetting), environment.ProfilesLocation);

    public string Description => "environment or profile, or made up for a loopback endpoint";

    public Task<FetchedCredentials> FetchAsync(bool wereRefused, CancellationToken cancellationToken) =>
        string.IsNullOrWhiteSpace(profileSetting) && FindKeys() is { } keys
            ? Task.FromResult(FetchedCredentials.Polled(keys))
            : _sdk.FetchAsync(wereRefused, cancellationToken);

    /// <summary>Finds the keys of the environment or of its profile; null where the profile names a process that tells them.</summary>
    private SigningCredentials? FindKeys()
    {
        if (environment.Variable("AWS_ACCESS_KEY_ID") is { } id && environment.Variable("AWS_SECRET_ACCESS_KEY") is { } secret)
            return new SigningCredentials(id, secret, environment.Variable("AWS_SESSION_TOKEN"));
        if (!environment.TryGetProfile(environment.ProfileName(null), out var profile) || !string.IsNullOrEmpty(profile.Options.RoleArn))
            return Local;
        return profile.Options switch
        {
            { AccessKey: { Length: > 0 } ownId, SecretKey: { Length: > 0 } ownSecret, Token: var token } => new SigningCredentials(ownId, ownSecret, token),
            { CredentialProcess: { Length: > 0 } } => null,
            _ => Local,
        };
    }
}
