using Amazon.Runtime;
using Orleans.Kpl.Aws.Signing;

namespace Orleans.Kpl.Aws.Credentials;

/// <summary>Gets credentials from the program: <see cref="KinesisOptions.Credentials"/>, or those of one stream.</summary>
/// <param name="get">The program's delegate.</param>
/// <param name="clock">The clock that the expiry is measured against.</param>
internal sealed class CodeOrigin(Func<CancellationToken, ValueTask<KinesisCredentials>> get, ServerClock clock) : ICredentialOrigin
{
    /// <summary>How often credentials without an expiry are asked for: a secret store may replace them, and each question may cost a call.</summary>
    private static readonly TimeSpan AskDelay = TimeSpan.FromMinutes(5);

    public string Description => get.Target is AwsSdkCredentials sdk ? sdk.Description : "the program (Credentials)";

    public async Task<FetchedCredentials> FetchAsync(bool wereRefused, CancellationToken cancellationToken)
    {
        var sdk = get.Target as AwsSdkCredentials;
        if (wereRefused)
            sdk?.Forget();
        var given = await get(cancellationToken).ConfigureAwait(false) ?? throw new InvalidOperationException("the delegate returned null");

        // Secrets that are mounted as files often end with a line break.
        var keys = new SigningCredentials(given.AccessKeyId.Trim(), given.SecretAccessKey.Trim(), given.SessionToken?.Trim());
        if (sdk is not null)
            return FetchedCredentials.Polled(keys);
        if (given.Expiration is not { } end)
            return new FetchedCredentials(keys, AskDelay, TimeSpan.MaxValue);
        var left = end - clock.UtcNow;
        if (left > TimeSpan.Zero)
            return FetchedCredentials.Ending(keys, left);

        // The clock may be ahead by their whole life: nobody has corrected it yet, or it was set right later and has the old correction on top.
        // Kinesis judges them then, and its refusal corrects the clock.
        return clock.Offset == TimeSpan.Zero || left + clock.Offset > TimeSpan.Zero ? FetchedCredentials.Polled(keys)
            : throw new InvalidOperationException($"The credentials of access key {keys.AccessKeyId} expired at {end.UtcDateTime:u}.");
    }
}

/// <summary>Credentials of AWS's SDK as the options take them. The SDK keeps them fresh, so asking costs nothing.</summary>
internal sealed class AwsSdkCredentials(AWSCredentials credentials)
{
    /// <summary>Their kind, for the log; no secrets.</summary>
    public string Description => $"the program ({credentials.GetType().Name})";

    /// <summary>Asks the SDK.</summary>
    public async ValueTask<KinesisCredentials> GetAsync(CancellationToken cancellationToken)
    {
        var keys = await credentials.GetCredentialsAsync().Observed().WaitAsync(cancellationToken).ConfigureAwait(false);
        return new KinesisCredentials(keys.AccessKey, keys.SecretKey, keys.Token);
    }

    /// <summary>Has the SDK fetch anew: Kinesis refused what it has.</summary>
    public void Forget()
    {
        if (credentials is RefreshingAWSCredentials refreshing)
            refreshing.ClearCredentials();
    }
}
