using Orleans.Kpl.LocalKinesis.Faults;
using Orleans.Streams;

namespace Orleans.Kpl.Grains.Tests.Management;

/// <summary>Hints of failures, as a client of the cluster gets them.</summary>
/// <remarks>Tests <see cref="Grains.Management.FailureStream"/>.</remarks>
public sealed class FailureStreamTests
{
    private const string Provider = "alarms";

    [Fact]
    public async Task ASubscriber_IsTold_AndReadsTheFailuresOnTheList()
    {
        await using var tier = await Tier.StartAsync(
            configure: static o => o.RecordTtl = TimeSpan.FromMilliseconds(200),
            also: static silo => silo.AddMemoryStreams(Provider).AddMemoryGrainStorage("PubSubStore"),
            cluster: new KplClusterOptions { FailureStreamProvider = Provider },
            client: static client => client.AddMemoryStreams(Provider));
        var told = new TaskCompletionSource<FailureHint>(TaskCreationOptions.RunContinuationsAsynchronously);
        var hinted = 0L;
        await tier.Cluster.Client.GetStreamProvider(Provider).GetStream<FailureHint>(StreamId.Create(FailureHint.StreamNamespace, Tier.Stream))
            .SubscribeAsync((hint, _) =>
            {
                hinted += hint.Count;
                if (hint.Last == 50)
                    told.TrySetResult(hint);
                return Task.CompletedTask;
            });
        tier.Server.Kinesis.Faults.Add(new ErrorFault { Operation = "PutRecords" });
        var results = await tier.Producer.PutRecords(new RecordBatch(Tier.Records(50))).WaitAsync(Tier.Long);
        Assert.All(results, static r => Assert.False(r.IsSuccess));

        var hint = await told.Task.WaitAsync(Tier.Long);
        Assert.Equal((Tier.Stream, 50), (hint.Stream, hinted));
        var page = await tier.Manager.GetFailures();
        Assert.Equal((50, hint.Since), (page.Failures.Length, page.Since));
    }

    [Fact]
    public async Task Start_OfASiloWithoutTheProvider_NamesTheSetting()
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(
            () => Tier.StartAsync(silos: 1, cluster: new KplClusterOptions { FailureStreamProvider = "nowhere" }));
        Assert.Equal(
            ["Kpl:Cluster:FailureStreamProvider is 'nowhere': the silo has no stream provider of that name. Add it by its own method, for example "
                + "AddMemoryStreams(\"nowhere\"), or leave the setting out"],
            Assert.IsType<KplOptionsException>(error.GetBaseException()).Errors);
    }
}
