using Amazon.Runtime.CredentialManagement;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Signing;

namespace Orleans.Kpl.Aws.Credentials;

/// <summary>
/// Gets credentials for an endpoint on this machine: environment, profile, else <c>local</c>/<c>local</c>. Web identity and the metadata of
/// a container or an instance are not used: a developer's machine lacks them, and asking would wait for time-outs.
/// </summary>
internal sealed class LoopbackOrigin(string? profileSetting, AwsEnvironment environment) : ICredentialOrigin
{
    private static readonly SigningCredentials Local = new("local", "local", null);

    public string Description => "environment or profile, or made up for a loopback endpoint";

    public async Task<FetchedCredentials> FetchAsync(bool wereRefused, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(profileSetting) && FromEnvironment() is { } keys)
            return FetchedCredentials.Polled(keys);

        var profiles = environment.Profiles();
        if (environment.TryGetProfile(environment.ProfileName(profileSetting), out var profile) && HasKeysOfItsOwn(profile, depth: 0))
        {
            var found = await profile.GetAWSCredentials(profiles).GetCredentialsAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            return FetchedCredentials.Polled(new SigningCredentials(found.AccessKey, found.SecretKey, found.Token));
        }

        return FetchedCredentials.Polled(Local);
    }

    private SigningCredentials? FromEnvironment() =>
        environment.Variable("AWS_ACCESS_KEY_ID") is { } id && environment.Variable("AWS_SECRET_ACCESS_KEY") is { } secret
            ? new SigningCredentials(id, secret, environment.Variable("AWS_SESSION_TOKEN"))
            : null;

    private bool HasKeysOfItsOwn(CredentialProfile profile, int depth)
    {
        if (!profile.CanCreateAWSCredentials || depth > 8)
            return false;
        if (!string.IsNullOrEmpty(profile.Options.CredentialSource) || !string.IsNullOrEmpty(profile.Options.WebIdentityTokenFile))
            return false;
        return string.IsNullOrEmpty(profile.Options.SourceProfile) || profile.Options.SourceProfile == profile.Name
            || (environment.TryGetProfile(profile.Options.SourceProfile, out var source) && HasKeysOfItsOwn(source, depth + 1));
    }
}
