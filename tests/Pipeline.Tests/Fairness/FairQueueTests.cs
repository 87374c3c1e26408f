using Orleans.Kpl.Pipeline.Fairness;

namespace Orleans.Kpl.Pipeline.Tests.Fairness;

/// <remarks>Tests <see cref="FairQueue"/> and <see cref="DeficitRotation{TFlow}"/>.</remarks>
public sealed class FairQueueTests
{
    private readonly FairQueue _queue = new();
    private readonly Dictionary<string, Item> _items = [];

    private string? First => (_queue.First as Item)?.Name;

    [Fact]
    public void Line_OfOne_IsServedInItsOrder()
    {
        Add("a1", 10, "a");
        Add("a2", 1_000, "a");
        Add("a3", 1, "a");
        Assert.Equal(["a1", "a2", "a3"], ServeAll());
    }

    [Fact]
    public void Line_OfTwoIdentities_GivesEachItsTurn_HoweverManyOfOneStandThere()
    {
        for (var i = 0; i < 20; i++)
            Add($"a{i}", 10, "a");
        Add("b0", 10, "b");
        Add("b1", 10, "b");
        Assert.Equal(["a0", "b0", "a1", "b1"], ServeAll().Take(4));
    }

    /// <summary>What counts is what is taken, not how many ask.</summary>
    [Fact]
    public void Line_OfLargeAndSmall_GivesEachAsManyBytes()
    {
        for (var i = 0; i < 100; i++)
        {
            Add($"large{i}", 1_000, "large");
            for (var j = 0; j < 10; j++)
                Add($"small{i}.{j}", 100, "small");
        }

        var served = ServeAll().Take(550).ToList();
        var (large, small) = (Count(served, "large") * 1_000, Count(served, "small") * 100);
        Assert.InRange(Math.Abs(large - small), 0, 2_000);
    }

    [Fact]
    public void Line_OfOneIdentity_GivesEachOfItsStreamsItsTurn_AndOthersNoLessForThat()
    {
        var (orders, clicks) = (new object(), new object());
        for (var i = 0; i < 20; i++)
            Add($"orders{i}", 10, "a", orders);
        for (var i = 0; i < 20; i++)
            Add($"clicks{i}", 10, "a", clicks);
        for (var i = 0; i < 20; i++)
            Add($"b{i}", 10, "b", orders);

        var first = ServeAll().Take(20).ToList();
        Assert.Equal((5, 5, 10), (Count(first, "orders"), Count(first, "clicks"), Count(first, "b")));
    }

    [Fact]
    public void First_AskedAgain_IsWhoeverItWas_AlsoWhereALargerOneCame()
    {
        Add("a", 10, "a");
        Add("b", 10, "b");
        Assert.Equal("a", First);
        Add("c", 5_000, "c");
        Assert.Equal("a", First);
    }

    /// <summary>Whoever gives up has had no turn.</summary>
    [Fact]
    public void Remove_OfOneThatGaveUp_CostsItsNeighboursNothing()
    {
        Add("a1", 10, "a");
        Add("a2", 10, "a");
        Add("b1", 10, "b");
        Assert.Equal("a1", First);
        _queue.Remove(_items["a1"], isServed: false);
        Assert.Equal(["a2", "b1"], ServeAll());
        Assert.Equal(0, _queue.Count);
    }

    /// <summary>Ten ask for ten times as much as a neighbour: its share of what is served is its part, and it waits for one turn of each.</summary>
    [Fact]
    public void Line_BesideManyWhoAskForMore_MakesNobodyWaitForMoreThanATurnOfEach()
    {
        for (var identity = 0; identity < 10; identity++)
        {
            for (var i = 0; i < 100; i++)
                Add($"t{identity}.{i}", 1_000, $"t{identity}");
        }

        for (var i = 0; i < 50; i++)
        {
            Add($"mine{i}", 1_000, "mine");
            var turns = 0;
            while (First is { } first)
            {
                Serve(first);
                turns++;
                if (first.StartsWith("mine", StringComparison.Ordinal))
                    break;
            }

            Assert.InRange(turns, 1, 11);
        }
    }

    private static int Count(IEnumerable<string> served, string of) => served.Count(s => s.StartsWith(of, StringComparison.Ordinal));

    private void Add(string item, long size, string identity, object? stream = null) =>
        _queue.Add(_items[item] = new Item(item, size), identity, stream);

    private void Serve(string item) => _queue.Remove(_items[item], isServed: true);

    private List<string> ServeAll()
    {
        List<string> served = [];
        while (First is { } first)
        {
            served.Add(first);
            Serve(first);
        }

        return served;
    }

    private sealed class Item(string name, long size) : QueuedCaller(size)
    {
        public string Name => name;

        protected override void GiveUp(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
