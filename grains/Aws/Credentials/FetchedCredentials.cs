using Orleans.Kpl.Aws.Signing;

namespace Orleans.Kpl.Aws.Credentials;

/// <summary>Credentials as their origin gave them.</summary>
/// <param name="Keys">The credentials.</param>
/// <param name="FreshFor">How long the origin need not be asked again.</param>
/// <param name="UsableFor">How long they may be signed with while newer ones are fetched.</param>
internal readonly record struct FetchedCredentials(SigningCredentials Keys, TimeSpan FreshFor, TimeSpan UsableFor)
{
    /// <summary>How often an origin that keeps its own credentials fresh is asked (KPL <c>CredentialsRefreshDelay</c>).</summary>
    public static readonly TimeSpan PollDelay = TimeSpan.FromSeconds(5);

    /// <summary>Credentials that never end, as far as their origin says.</summary>
    public static FetchedCredentials Polled(SigningCredentials keys) => new(keys, PollDelay, TimeSpan.MaxValue);
}
