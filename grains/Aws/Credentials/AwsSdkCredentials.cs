using Amazon.Runtime;

namespace Orleans.Kpl.Aws.Credentials;

/// <summary>Credentials of AWS's SDK as the options take them. The SDK keeps them fresh, so asking costs nothing.</summary>
internal sealed class AwsSdkCredentials(AWSCredentials credentials)
{
    /// <summary>Their kind, for the log; no secrets.</summary>
    public string Description => $"the program ({credentials.GetType().Name})";

    /// <summary>Asks the SDK.</summary>
    public async ValueTask<KinesisCredentials> GetAsync(CancellationToken cancellationToken)
    {
        var keys = await credentials.GetCredentialsAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        return new KinesisCredentials(keys.AccessKey, keys.SecretKey, keys.Token);
    }

    /// <summary>Has the SDK fetch anew: Kinesis refused what it has.</summary>
    public void Forget()
    {
        if (credentials is RefreshingAWSCredentials refreshing)
            refreshing.ClearCredentials();
    }
}
