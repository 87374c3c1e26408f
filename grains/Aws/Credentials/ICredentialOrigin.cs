namespace Orleans.Kpl.Aws.Credentials;

/// <summary>Where credentials come from. It is asked by one caller at a time.</summary>
internal interface ICredentialOrigin
{
    /// <summary>For the log; no secrets.</summary>
    string Description { get; }

    /// <param name="wereRefused">Whether Kinesis refused those it gave last, so that nothing kept may be given again.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    Task<FetchedCredentials> FetchAsync(bool wereRefused, CancellationToken cancellationToken);
}
