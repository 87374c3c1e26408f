using Orleans.Kpl.Pipeline.Apart;

namespace Orleans.Kpl.Pipeline.Tests.Road.Promising;

/// <summary>However many attempts a record has, its chain and its outcome stay small, and their number is true.</summary>
public sealed class AttemptChainTests
{
    /// <summary>A weekend of tries, one every 2.5 s, and twice that.</summary>
    private const int Many = 200_000;

    [Fact]
    public void Join_OfAHistoryAndVeryManyTries_NeedsNoStack()
    {
        var then = Tries(1, Many);
        AttemptChain? whole = null;
        var worker = new Thread(() => whole = AttemptChain.Join(Tries(0, 1), then), maxStackSize: 256 << 10);
        worker.Start();
        worker.Join();

        Assert.Equal(Many + 1, whole!.Count);
    }

    [Fact]
    public void ToArray_OfVeryManyTries_TellsTheFirstAndTheLatest_AndHowManyItLeavesOut()
    {
        var told = AttemptChain.ToArray(Tries(0, Many));

        Assert.InRange(told.Length, 20, 100);
        Assert.Equal(["try 0", "try 1", "try 2", "try 3"], told.Take(4).Select(a => a.ErrorMessage));
        Assert.Equal([$"try {Many - 2}", $"try {Many - 1}"], told.TakeLast(2).Select(a => a.ErrorMessage));
        var leftOut = Assert.Single(told, a => a.ErrorCode == "LeftOut");
        Assert.Equal($"{Many - told.Length + 1} attempts are left out here", leftOut.ErrorMessage);
        Assert.True(leftOut.StartedAt > told[0].EndedAt && leftOut.EndedAt < told[^1].StartedAt);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    public void ToArray_OfFewTries_TellsAll(int tries)
    {
        var told = AttemptChain.ToArray(Tries(0, tries));

        Assert.Equal(Enumerable.Range(0, tries).Select(i => $"try {i}"), told.Select(a => a.ErrorMessage));
    }

    [Fact]
    public void Join_OfTwoLongChains_TellsTheFirstAndTheLatest_AndIsMadeOnce()
    {
        var (first, then) = (Tries(0, 60), Tries(60, 60));
        var whole = AttemptChain.Join(first, then)!;
        var told = AttemptChain.ToArray(whole);

        Assert.Same(whole, AttemptChain.Join(first, then));
        Assert.InRange(told.Length, 20, 64);
        Assert.Equal(("try 0", "try 119", 120), (told[0].ErrorMessage, told[^1].ErrorMessage, whole.Count));
    }

    [Fact]
    public void Count_WhateverIsLeftOut_IsThatOfAllTries()
    {
        var chain = AttemptChain.Join(Tries(0, 500), Tries(500, 700))!;
        chain = AttemptChain.Join(chain, Tries(1_200, 1))!;

        Assert.Equal(1_201, chain.Count);
        var result = RecordResult.NotDelivered(RecordStatus.Failed, "X", "x", null, AttemptChain.ToArray(chain));
        Assert.EndsWith("after 1201 attempts", result.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Expired_AfterVeryManyTries_CountsThemAndItselfAndHasNoOtherNumber()
    {
        var reason = Expiry.ReasonOf(Tries(0, Many), DateTimeOffset.UnixEpoch.AddDays(10), null);

        Assert.Equal($"the time-to-live ended; the last attempt: X: try {Many - 1}", reason.Message);
        Assert.Equal(Many + 1, reason.Attempts.Sum(static a => a.Count));
        Assert.InRange(reason.Attempts.Length, 20, 100);
    }

    /// <summary>A silo without a lease for many minutes: what was not sent does not use up MaxAttempts, however much of it is left out.</summary>
    [Fact]
    public void Counted_AfterVeryManyTriesThatWereNotMade_CountsTheOthersAlone()
    {
        var chain = new AttemptChain();
        for (var i = 0; i < 500; i++)
            chain = chain.Then(new Attempt { ErrorCode = i is 100 or 300 ? "InternalFailure" : RecordErrorCodes.LeaseLost });
        // As another silo builds it anew from what it was told.
        var told = AttemptChain.ToArray(chain).Aggregate(new AttemptChain(), static (former, attempt) => former.Then(attempt));

        Assert.Equal((500, 2), (chain.Count, chain.Counted));
        Assert.Equal((500, 2), (told.Count, told.Counted));
        Assert.InRange(AttemptChain.ToArray(chain).Length, 20, 100);
    }

    private static AttemptChain Tries(int first, int count)
    {
        AttemptChain? chain = null;
        for (var i = first; i < first + count; i++)
        {
            var at = DateTimeOffset.UnixEpoch.AddSeconds(i * 2.5);
            var attempt = new Attempt { StartedAt = at, EndedAt = at.AddSeconds(1), ErrorCode = "X", ErrorMessage = $"try {i}" };
            chain = (chain ?? new AttemptChain()).Then(attempt);
        }

        return chain!;
    }
}
