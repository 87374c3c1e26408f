using Orleans.Kpl.Aws.Signing;

namespace Orleans.Kpl.Aws.Credentials;

/// <summary>An origin of credentials. One caller at a time uses it.</summary>
internal interface ICredentialOrigin
{
    /// <summary>The origin's name for the log; contains no secrets.</summary>
    string Description { get; }

    /// <param name="wereRefused">Whether Kinesis refused the last credentials, so that the origin must not return cached ones again.</param>
    Task<FetchedCredentials> FetchAsync(bool wereRefused, CancellationToken cancellationToken);
}

/// <summary>Credentials as their origin returned them.</summary>
/// <param name="FreshFor">How long the origin need not be asked again.</param>
/// <param name="UsableFor">How long the credentials may sign requests while newer ones are fetched.</param>
internal readonly record struct FetchedCredentials(SigningCredentials Keys, TimeSpan FreshFor, TimeSpan UsableFor)
{
    /// <summary>How often an origin that keeps its own credentials fresh is asked (KPL <c>CredentialsRefreshDelay</c>).</summary>
    public static readonly TimeSpan PollDelay = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan RefreshBeforeEnd = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan LastUseBeforeEnd = TimeSpan.FromSeconds(15);

    /// <summary>Makes credentials for which the origin states no expiry.</summary>
    public static FetchedCredentials Polled(SigningCredentials keys) => new(keys, PollDelay, TimeSpan.MaxValue);

    /// <summary>Makes credentials that end. A short life is used to three quarters: five minutes before its end it may not have begun.</summary>
    public static FetchedCredentials Ending(SigningCredentials keys, TimeSpan left) =>
        new(keys, Later(left - RefreshBeforeEnd, left * 0.75), Later(left - LastUseBeforeEnd, left * 0.9));

    private static TimeSpan Later(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
