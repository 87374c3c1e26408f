using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Routing;

/// <summary>The shards change while the map is being read.</summary>
public sealed class LateNewsTests
{
    /// <summary>The answer of a reading is on its way when the silo is told that the shards have changed.</summary>
    [Fact]
    public async Task NewsWhileAnOlderAnswerIsOnItsWay_IsNotForgotten()
    {
        using var parts = new StreamParts();
        parts.ShowShards(2);
        var answer = new TaskCompletionSource();
        parts.Kinesis.BeforeList = async _ =>
        {
            parts.Kinesis.BeforeList = static _ => ValueTask.CompletedTask;
            var older = parts.Kinesis.Shards;
            await answer.Task;
            parts.Kinesis.Listed = () =>
            {
                parts.Kinesis.Listed = static () => null;
                return older;
            };
        };
        var reading = parts.Map.ReadAsync();
        await PipelineHarness.SettleAsync();
        parts.Kinesis.Reshard(FakeKinesis.Even(3, 2));
        // The manager has read once more, sees the change and tells every silo.
        parts.Upkeep.Refresh();
        answer.SetResult();
        Assert.True(await reading);
        for (var second = 0; second < 55; second++)
        {
            await PipelineHarness.SettleAsync();
            parts.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(3, parts.Topology.Current.Map.Count);
    }
}
