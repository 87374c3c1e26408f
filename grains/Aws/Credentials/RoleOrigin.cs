using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Orleans.Kpl.Aws.Signing;
using RoleCredentials = Amazon.SecurityToken.Model.Credentials;

namespace Orleans.Kpl.Aws.Credentials;

/// <summary>Gets the temporary credentials of a role by STS AssumeRole, and fetches new ones five minutes before they expire.</summary>
/// <param name="caller">The credentials of the caller that assumes the role.</param>
/// <param name="makeConfig">Makes the configuration to reach STS.</param>
/// <param name="clock">The clock that the expiry is measured against.</param>
internal sealed class RoleOrigin(string roleArn, ICredentialSource caller, Func<AmazonSecurityTokenServiceConfig> makeConfig, ServerClock clock)
    : ICredentialOrigin
{
    /// <summary>The session name that CloudTrail shows, unless settings say another one.</summary>
    private const string OwnSessionName = "orleans-kpl";

    /// <summary>The external id that the role's owner asks for, or null.</summary>
    public string? ExternalId { get; init; }

    /// <summary>The name of the session, or null.</summary>
    public string? SessionName { get; init; }

    public string Description => $"role {roleArn}";

    public async Task<FetchedCredentials> FetchAsync(bool wereRefused, CancellationToken cancellationToken)
    {
        var keys = await caller.GetAsync(cancellationToken).ConfigureAwait(false);
        var role = await AssumeAsync(keys, cancellationToken).ConfigureAwait(false);
        var left = role.Expiration is { } end ? end.ToUniversalTime() - clock.UtcNow.UtcDateTime : TimeSpan.FromHours(1);
        var own = new SigningCredentials(role.AccessKeyId, role.SecretAccessKey, role.SessionToken);

        // Where nothing is left of a new role, this machine's clock is wrong, and a refusal by Kinesis will correct it.
        return left > TimeSpan.Zero ? FetchedCredentials.Ending(own, left) : FetchedCredentials.Polled(own);
    }

    /// <summary>Assumes the role. Where STS refuses the caller's credentials, their source is asked for others, as it is where Kinesis refuses them.</summary>
    private async Task<RoleCredentials> AssumeAsync(SigningCredentials keys, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(keys, cancellationToken).ConfigureAwait(false);
        }
        catch (AmazonSecurityTokenServiceException refusal) when (SignatureErrors.IsCorrectable(refusal.ErrorCode))
        {
            if (await caller.ReplaceAsync(keys, cancellationToken).ConfigureAwait(false) is not { } others)
                throw;
            return await AskAsync(others, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<RoleCredentials> AskAsync(SigningCredentials keys, CancellationToken cancellationToken)
    {
        AWSCredentials callerKeys = keys.SessionToken is { } token
            ? new SessionAWSCredentials(keys.AccessKeyId, keys.SecretAccessKey, token)
            : new BasicAWSCredentials(keys.AccessKeyId, keys.SecretAccessKey);
        using var sts = new AmazonSecurityTokenServiceClient(callerKeys, makeConfig());
        var request = new AssumeRoleRequest { RoleArn = roleArn, RoleSessionName = SessionName ?? OwnSessionName, ExternalId = ExternalId };
        return (await sts.AssumeRoleAsync(request, cancellationToken).ConfigureAwait(false)).Credentials;
    }
}
