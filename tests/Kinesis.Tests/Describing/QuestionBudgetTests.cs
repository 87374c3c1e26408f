using Orleans.Kpl.Kinesis.Answering;
using Orleans.Kpl.Kinesis.Describing;
using Orleans.Kpl.Kinesis.Tests.Serving;

namespace Orleans.Kpl.Kinesis.Tests.Describing;

/// <remarks>Tests <see cref="QuestionBudget"/>: what the account allows is the producers' too, whatever names and instants clients make up.</remarks>
public sealed class QuestionBudgetTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(null, 1, 100)]
    [InlineData(null, 4, 25)]
    [InlineData("one", 1, 50)]
    [InlineData("one", 2, 25)]
    public void Questions_OverTenSeconds_AreAsManyAsTheTiersPart(string? caller, int processes, int most)
    {
        var budget = new QuestionBudget(_time, () => processes);
        Assert.InRange(TakeAll(budget, caller), 1, QuestionBudget.Burst); // what was saved
        var taken = 0;
        for (var i = 0; i < 1_000; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            taken += TakeAll(budget, caller);
        }

        Assert.InRange(taken, most - 1, most);
    }

    /// <summary>The part of one identity was not divided among the processes: from two on it was as large as that of all.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(25)]
    public void Question_OfAnotherIdentity_IsTaken_WhereOneAsksTooMuch(int processes)
    {
        var budget = new QuestionBudget(_time, () => processes);
        // Two at least: so many are asked for one description.
        Assert.Equal(Math.Max(2, QuestionBudget.BurstOfOne / processes), TakeAll(budget, "greedy"));
        for (var i = 0; i < 50; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(200 * processes));
            TakeAll(budget, "greedy");
            Assert.True(TryTake(budget, "modest"));
        }
    }

    /// <summary>While others asked too much, an identity paid for each question that was not asked, and then had none left.</summary>
    [Fact]
    public void Question_ForWhichOthersLeaveNoRoom_CostsItsIdentityNothing()
    {
        var budget = new QuestionBudget(_time, static () => 1);
        TakeAll(budget, null);
        Assert.All(Enumerable.Range(0, QuestionBudget.BurstOfOne), _ => Assert.False(TryTake(budget, "modest")));
        // One question of all is back, and less than one of an identity's own.
        _time.Advance(TimeSpan.FromMilliseconds(150));
        Assert.True(TryTake(budget, "modest"));
    }

    /// <summary>The cache has no answer for a timestamp or a name that nobody asked for yet: Kinesis was asked for each.</summary>
    [Fact]
    public async Task MadeUpQuestions_AreRefusedBeforeTheyUseUpTheAccount_AndKnownOnesAreAnswered()
    {
        // However long the questions take on a busy machine, the known answer is still kept.
        await using var server = await KinesisFrontServer.StartAsync(time: _time);
        Assert.Equal(200, (int)(await server.CallAsync("DescribeStreamSummary", """{"StreamName":"events"}""")).Status);
        var refused = new List<FrontReply>();
        for (var i = 0; i < 100; i++)
        {
            var reply = i % 2 == 0
                ? await server.CallAsync("ListShards", $$$"""{"StreamName":"events","ShardFilter":{"Type":"AT_TIMESTAMP","Timestamp":{{{1_700_000_000 + i}}}}}""")
                : await server.CallAsync("DescribeStreamSummary", $$"""{"StreamName":"made-up-{{i}}"}""");
            if (reply.Error == "LimitExceededException")
                refused.Add(reply);
        }

        Assert.NotEmpty(refused);
        Assert.All(refused, static r => Assert.Equal(400, (int)r.Status));
        Assert.Equal(200, (int)(await server.CallAsync("DescribeStreamSummary", """{"StreamName":"events"}""")).Status);
        Assert.Equal(200, (int)(await server.CallAsync("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"aGk="}""")).Status);
    }

    /// <summary>Takes as many as there are, and no more than there can be.</summary>
    private static int TakeAll(QuestionBudget budget, string? caller)
    {
        var taken = 0;
        while (taken < 1_000 && TryTake(budget, caller))
            taken++;
        return taken;
    }

    private static bool TryTake(QuestionBudget budget, string? caller)
    {
        try
        {
            budget.Take(caller);
            return true;
        }
        catch (FrontException refused)
        {
            Assert.Equal("LimitExceededException", refused.Type);
            return false;
        }
    }
}
