namespace Orleans.Kpl.Aws.Credentials;

/// <summary>An origin of credentials. One caller at a time uses it.</summary>
internal interface ICredentialOrigin
{
    /// <summary>The origin's name for the log; contains no secrets.</summary>
    string Description { get; }

    /// <param name="wereRefused">Whether Kinesis refused the last credentials, so that the origin must not return cached ones again.</param>
    Task<FetchedCredentials> FetchAsync(bool wereRefused, CancellationToken cancellationToken);
}
