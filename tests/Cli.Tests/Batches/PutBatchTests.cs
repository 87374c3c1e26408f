using Orleans.Kpl.Cli.Batches;

namespace Orleans.Kpl.Cli.Tests.Batches;

public sealed class PutBatchTests
{
    [Fact]
    public void Add_KeepsKeysDataAndLines_AlsoWhenUsedAgain()
    {
        var batch = new PutBatch();
        for (var round = 0; round < 2; round++)
        {
            batch.Add("a", "one"u8, 3, isJson: true);
            batch.Add("b", ""u8, 9, isJson: true);
            Assert.Equal((2, true, 2048L), (batch.Count, batch.IsJson, batch.Cost));
            Assert.Equal(("a", "one", 3L), (batch.KeyOf(0), System.Text.Encoding.ASCII.GetString(batch.DataOf(0).Span), batch.LineOf(0)));
            Assert.Equal(("b", 0, 9L), (batch.KeyOf(1), batch.DataOf(1).Length, batch.LineOf(1)));
            batch.Outcomes.Fill(PutOutcome.Failure("x", null));
            batch.Clear();
            Assert.Equal((0, 0L), (batch.Count, batch.Cost));
        }

        batch.Add("c", "1"u8, 1, isJson: false);
        Assert.False(batch.IsJson);
        Assert.Null(batch.Outcomes[0].ErrorCode);
    }

    [Fact]
    public void IsFull_AtFiveHundredRecords_OrAtItsBytes()
    {
        var batch = new PutBatch();
        for (var i = 0; i < PutBatch.MaxRecords; i++)
        {
            Assert.False(batch.IsFull);
            batch.Add("k", "x"u8, i, isJson: false);
        }

        Assert.True(batch.IsFull);
        batch.Clear();
        batch.Add("k", new byte[PutBatch.FullBytes], 1, isJson: false);
        Assert.True(batch.IsFull);
        Assert.Equal(PutBatch.FullBytes, batch.Cost);
    }

    [Fact]
    public void RandomKeys_AreDifferentUuids()
    {
        var keys = Enumerable.Range(0, 1_000).Select(static _ => RandomKeys.Next()).ToList();
        Assert.Equal(1_000, keys.Distinct().Count());
        Assert.All(keys, static key => Assert.True(key.Length == 36 && Guid.Parse(key).Version == 4));
    }
}
