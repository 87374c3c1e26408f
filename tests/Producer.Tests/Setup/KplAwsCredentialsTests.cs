using Amazon.Runtime;

namespace Orleans.Kpl.Producer.Tests.Setup;

public sealed class KplAwsCredentialsTests
{
    [Fact]
    public async Task UseAwsCredentials_OfAProducer_OfAStream_AndOfMetrics_AsksTheSdk()
    {
        var producer = new KplOptions().UseAwsCredentials(new SessionAWSCredentials("id", "secret", "token")).Kinesis.Credentials;
        var stream = new StreamOptions().UseAwsCredentials(new BasicAWSCredentials("other", "secret")).Credentials;
        var metrics = new MetricsOptions().UseAwsCredentials(new BasicAWSCredentials("metrics", "secret")).Credentials;

        Assert.Equal(("id", "secret", "token"), await FoundAsync(producer));
        Assert.Equal(("other", "secret", ""), await FoundAsync(stream));
        Assert.Equal(("metrics", "secret", ""), await FoundAsync(metrics));

        static async Task<(string, string, string)> FoundAsync(Func<CancellationToken, ValueTask<KinesisCredentials>>? ask)
        {
            var found = await ask!(TestContext.Current.CancellationToken);
            return (found.AccessKeyId, found.SecretAccessKey, found.SessionToken ?? "");
        }
    }

    [Fact]
    public void UseAwsCredentials_OfNone_IsRefused()
    {
        Assert.Throws<ArgumentNullException>(() => new KplOptions().UseAwsCredentials(null!));
        Assert.Throws<ArgumentNullException>(() => new StreamOptions().UseAwsCredentials(null!));
    }
}
