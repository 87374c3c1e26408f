using Orleans.Kpl.Pipeline.Backlog.Keeping;

namespace Orleans.Kpl.Pipeline.Tests.Road.Promising;

/// <summary>Names that somebody made up must not stay for ever, and no sum may fall because they go.</summary>
public sealed class StreamLedgersTests
{
    private const int Beyond = 5;

    private readonly StreamLedgers _ledgers = new();

    [Fact]
    public void Closed_BeyondTheMost_ForgetsTheOldestThatHadFailuresOnly_AndCountsThemInTheSum()
    {
        for (var i = 0; i < StreamLedgers.MostUnused + Beyond; i++)
        {
            Use($"made-up-{i}", failed: 2);
            _ledgers.Closed($"made-up-{i}");
        }

        Assert.Equal(StreamLedgers.MostUnused, _ledgers.All.Count());
        Assert.Equal(default, _ledgers.Of("made-up-0"));
        Assert.Equal(2, _ledgers.Of($"made-up-{Beyond}").Failed);
        Assert.Equal(2 * (StreamLedgers.MostUnused + Beyond), _ledgers.Sum().Failed);
        Assert.Equal(_ledgers.Sum().Failed, _ledgers.Sum().Accepted);
    }

    [Fact]
    public void Closed_OfStreamsThatDelivered_OrAreOpenAgain_ForgetsNone()
    {
        Use("events", failed: 2).Delivered(1);
        _ledgers.Closed("events");
        Use("again", failed: 1);
        _ledgers.Closed("again");
        Use("again", failed: 1);
        for (var i = 0; i < 2 * StreamLedgers.MostUnused; i++)
        {
            Use($"made-up-{i}", failed: 1);
            _ledgers.Closed($"made-up-{i}");
        }

        Assert.Equal((2, 1), (_ledgers.Of("events").Failed, _ledgers.Of("events").Delivered));
        Assert.Equal(2, _ledgers.Of("again").Failed);
        Assert.Equal(StreamLedgers.MostUnused + 2, _ledgers.All.Count());
    }

    private BacklogLedger Use(string stream, int failed)
    {
        var ledger = _ledgers.Open(stream);
        ledger.Accepted(failed + (stream == "events" ? 1 : 0));
        ledger.NotDelivered(RecordStatus.Failed, failed);
        return ledger;
    }
}
