using Amazon.Runtime;

namespace Orleans.Kpl.Producer.Tests.Setup;

public sealed class KplAwsCredentialsTests
{
    [Fact]
    public async Task UseAwsCredentials_OfAProducer_AsksTheSdk()
    {
        var options = new KplOptions().UseAwsCredentials(new SessionAWSCredentials("id", "secret", "token"));

        var found = await options.Kinesis.Credentials!(TestContext.Current.CancellationToken);

        Assert.Equal(("id", "secret", "token"), (found.AccessKeyId, found.SecretAccessKey, found.SessionToken));
    }

    [Fact]
    public async Task UseAwsCredentials_OfAStream_AsksTheSdk()
    {
        var options = new StreamOptions().UseAwsCredentials(new BasicAWSCredentials("other", "secret"));

        var found = await options.Credentials!(TestContext.Current.CancellationToken);

        Assert.Equal(("other", "secret", true), (found.AccessKeyId, found.SecretAccessKey, string.IsNullOrEmpty(found.SessionToken)));
    }

    [Fact]
    public async Task UseAwsCredentials_OfMetrics_AsksTheSdk()
    {
        var options = new MetricsOptions().UseAwsCredentials(new BasicAWSCredentials("metrics", "secret"));

        Assert.Equal("metrics", (await options.Credentials!(TestContext.Current.CancellationToken)).AccessKeyId);
    }

    [Fact]
    public void UseAwsCredentials_OfNone_IsRefused()
    {
        Assert.Throws<ArgumentNullException>(() => new KplOptions().UseAwsCredentials(null!));
        Assert.Throws<ArgumentNullException>(() => new StreamOptions().UseAwsCredentials(null!));
    }
}
