using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Fronts;
using Orleans.Kpl.Silos.Tests.Links;

namespace Orleans.Kpl.Silos.Tests.Fronts;

public sealed class StreamNameResolverTests
{
    [Fact]
    public async Task AnArnThatKinesisCouldNotTellOf_IsAskedForAgain()
    {
        const string Arn = "arn:aws:kinesis:us-east-1:000000000000:stream/events";
        var kinesis = new OneShardKinesis { NextFailure = new KinesisException(KinesisFailureKind.Refused, "AccessDeniedException", "not now") };
        var names = new StreamNameResolver(new KplOptions(), kinesis);
        Assert.Equal(Arn, await names.CanonicalAsync(Arn));
        Assert.Equal("events", await names.CanonicalAsync(Arn));
        Assert.Equal("events", names.Known(Arn));
    }
}
