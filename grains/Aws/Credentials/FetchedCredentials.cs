using Orleans.Kpl.Aws.Signing;

namespace Orleans.Kpl.Aws.Credentials;

/// <summary>Credentials as their origin returned them.</summary>
/// <param name="FreshFor">How long the origin need not be asked again.</param>
/// <param name="UsableFor">How long the credentials may sign requests while newer ones are fetched.</param>
internal readonly record struct FetchedCredentials(SigningCredentials Keys, TimeSpan FreshFor, TimeSpan UsableFor)
{
    /// <summary>How often an origin that keeps its own credentials fresh is asked (KPL <c>CredentialsRefreshDelay</c>).</summary>
    public static readonly TimeSpan PollDelay = TimeSpan.FromSeconds(5);

    /// <summary>Makes credentials for which the origin states no expiry.</summary>
    public static FetchedCredentials Polled(SigningCredentials keys) => new(keys, PollDelay, TimeSpan.MaxValue);
}
