namespace Orleans.Kpl.Deaggregation.Tests.Verifying;

/// <remarks>Tests <see cref="VerifiedLine"/> and <see cref="VerifiedShard"/>.</remarks>
public sealed class DeliveryVerifierTests
{
    private static readonly DateTimeOffset From = new(2026, 1, 31, 8, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset To = From.AddHours(1);
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(30);

    private DeliveryVerifier _verifier = new(new DeliveryWindow(From, To));

    [Fact]
    public void Report_WhenAllCame_IsAProof()
    {
        Note(1, 0, 5_000);
        Note(2, 0, 100);
        Assert.False(Report().IsProof);
        _verifier.NoteLast(new ProducerNumber(7, 1, 4_999), From, From);
        _verifier.NoteLast(new ProducerNumber(7, 2, 99), From, From);
        Assert.Equal((5_100L, 0L, 1, 2, true), Of(Report(), static r => (r.Records, r.Missing, r.Producers, r.LineCount, r.IsProof)));
        Assert.Empty(Report().Faults);
    }

    [Fact]
    public void Report_WithPlantedFaults_TellsEach_AndNothingElse()
    {
        Note(1, 0, 100);
        Note(1, 110, 200);
        Note(1, 150, 152);
        Note(1, 250, 300);
        Note(1, 200, 250);
        Note(1, 300, 310);
        Note(2, 0, 1_000);

        var report = Report();
        Assert.Equal((10L, 2L, 50L, 0L, 0L), (report.Missing, report.Duplicates, report.OutOfOrder, report.UnderWay, report.Failed));
        Assert.Equal(
            [Range(DeliveryFault.Missing, 100, 109), Range(DeliveryFault.Duplicate, 150, 151), Range(DeliveryFault.OutOfOrder, 200, 249)],
            report.Faults);
        Assert.Equal((1, 2, 1), (report.Producers, report.LineCount, report.Lines[0].Line));
        Assert.False(report.IsProof);
    }

    /// <summary>Shards are read beside each other: a fault of one line cut that of another in two.</summary>
    [Fact]
    public void Report_OfFaultsThatComeInTurns_HasOneRangeForEachLine()
    {
        Note(1, 0, 10);
        Note(2, 0, 10);
        for (var number = 4; number < 7; number++)
        {
            Note(1, number, number + 1);
            Note(2, number, number + 1);
        }

        Assert.Equal([Range(DeliveryFault.Duplicate, 4, 6), Range(DeliveryFault.Duplicate, 4, 6) with { Line = 2 }], Report().Faults);
    }

    /// <summary>Planted at random, and told at random times of arrival: losses, copies and swaps of neighbours.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Report_OfManyFaults_HasEach(int seed)
    {
        var random = new Random(seed);
        var (lost, twice, swapped, at) = (0, 0, 0, From);
        for (var number = 0; number < 50_000; number++)
        {
            at += TimeSpan.FromMilliseconds(random.Next(50));
            var pick = number is 0 or > 49_990 ? 9 : random.Next(200);
            if (pick == 0)
                lost++;
            else if (pick == 1)
            {
                twice++;
                NoteOne(number, at);
                NoteOne(number, at);
            }
            else if (pick == 2)
            {
                swapped++;
                NoteOne(number + 1, at);
                NoteOne(number++, at);
            }
            else
                NoteOne(number, at);
        }

        Assert.Equal((lost, twice, swapped), Of(Report(), static r => (r.Missing, r.Duplicates, r.OutOfOrder)));

        void NoteOne(long number, DateTimeOffset when) => _verifier.Note(new ProducerNumber(7, 1, number), "a", when);
    }

    [Fact]
    public void Report_WhatBeginsBeforeTheWindow_IsNotMissing()
    {
        Note(1, 500, 600);
        Assert.Equal((0L, 1), Of(Report(), static r => (r.Missing, r.LinesBegunBefore)));
    }

    [Fact]
    public void Report_OfAStreamSinceItsCreation_MissesTheFirstNumbersToo()
    {
        _verifier = new(new DeliveryWindow(From, To) { IsFromCreation = true });
        Note(1, 3, 10);
        Assert.Equal((3L, 0), Of(Report(), static r => (r.Missing, r.LinesBegunBefore)));
    }

    /// <summary>A retried aggregate comes after later ones: the border of the window lies between them.</summary>
    [Fact]
    public void Report_WhatCameJustOutsideOfTheWindow_IsNotMissing()
    {
        Note(1, 100, 200, From.AddSeconds(-59));
        Note(1, 50, 100, From.AddSeconds(-29));
        Note(1, 20, 50);
        Note(1, 200, 300);
        Note(1, 310, 320, To.AddSeconds(-1));
        Note(1, 300, 310, To.AddSeconds(29));
        Assert.Equal((140L, 0L, 0L), Of(Report(), static r => (r.Records, r.Missing, r.Duplicates)));
    }

    [Fact]
    public void Report_WhatIsLostAtTheBorder_IsMissing()
    {
        Note(1, 0, 100, From.AddSeconds(-1));
        Note(1, 105, 200);
        Assert.Equal(5, Report().Missing);
    }

    [Fact]
    public void Report_ACopyOfWhatCameBeforeTheWindow_IsADuplicate_AndOneAfterItIsNot()
    {
        Note(1, 0, 10, From.AddSeconds(-1));
        Note(1, 9, 20);
        Note(1, 15, 20, To.AddSeconds(1));
        Assert.Equal((11L, 1L), Of(Report(), static r => (r.Records, r.Duplicates)));
    }

    [Theory]
    [InlineData(10, 5, 0)]
    [InlineData(29, 5, 0)]
    [InlineData(30, 0, 5)]
    public void Report_OfAGap_IsUnderWayForATimeToLive(int secondsLater, long underWay, long missing)
    {
        Note(1, 0, 100);
        Note(1, 105, 110);
        var report = _verifier.GetReport(From.AddSeconds(secondsLater));
        Assert.Equal((underWay, missing, false), (report.UnderWay, report.Missing, report.IsProof));
        Assert.Equal(Range(underWay > 0 ? DeliveryFault.UnderWay : DeliveryFault.Missing, 100, 104), Assert.Single(report.Faults));
    }

    /// <summary>Also while its line goes on: what is old is missing, what is new may come.</summary>
    [Fact]
    public void Report_OfALineThatGoesOn_TellsOldGapsFromNewOnes()
    {
        for (var second = 0; second < 600; second++)
            Note(1, (second * 10) + (second is 60 or 595 ? 1 : 0), (second + 1) * 10, From.AddSeconds(second));
        Assert.Equal(
            [Range(DeliveryFault.Missing, 600, 600), Range(DeliveryFault.UnderWay, 5_950, 5_950)], _verifier.GetReport(From.AddSeconds(600)).Faults);
    }

    [Fact]
    public void Report_WhatIsKnownToHaveFailed_IsNotMissing()
    {
        Note(1, 0, 100);
        Note(1, 110, 120);
        foreach (var number in new long[] { 104, 100, 109, 50, 119, 4_000 })
            _verifier.NoteFailed(new ProducerNumber(7, 1, number));
        _verifier.NoteFailed(new ProducerNumber(7, 2, 105));
        Assert.Equal((3L, 7L, false), Of(Report(), static r => (r.Failed, r.Missing, r.IsProof)));
        Assert.Equal(
            [Range(DeliveryFault.Missing, 101, 103), Range(DeliveryFault.Missing, 105, 108), Range(DeliveryFault.Failed, 100, 100),
                Range(DeliveryFault.Failed, 104, 104), Range(DeliveryFault.Failed, 109, 109)],
            Report().Faults);
    }

    /// <summary>Five hundred rows of one number each hid what else there was.</summary>
    [Fact]
    public void Report_WhereAllGapsFailed_TellsRanges_AndIsNoProof()
    {
        Note(1, 0, 100);
        Note(1, 600, 620);
        Note(1, 621, 630);
        foreach (var number in Enumerable.Range(50, 550).Append(620))
            _verifier.NoteFailed(new ProducerNumber(7, 1, number));
        _verifier.NoteLast(new ProducerNumber(7, 1, 629), From, From);
        Assert.Equal((501L, 0L, 0, false), Of(Report(), static r => (r.Failed, r.Missing, r.LinesWithoutEnd, r.IsProof)));
        Assert.Equal([Range(DeliveryFault.Failed, 100, 599), Range(DeliveryFault.Failed, 620, 620)], Report().Faults);
    }

    [Fact]
    public void Note_OfRecordsWithoutNumbers_CountsThem_AndProvesNothing()
    {
        _verifier.Note(null, "a", From);
        _verifier.Note(new ProducerNumber(1, 1, -1), "a", From);
        _verifier.Note(new ProducerNumber(1, 1, long.MaxValue), "a", From);
        _verifier.Note(null, "a", From.AddTicks(-1));
        _verifier.Note(null, "a", To);
        Assert.Equal((3L, 3L, 0, false), Of(Report(), static r => (r.Records, r.NotOurs, r.LineCount, r.IsProof)));
    }

    /// <summary>Neighbouring shards are read side by side: their order says nothing. A child's first records come after its parents'.</summary>
    [Fact]
    public void Note_AcrossShards_FollowsTheOrderFromParentsToChildrenOnly()
    {
        _verifier.NoteShard("b", "a");
        _verifier.NoteShard("c", "a");
        _verifier.NoteShard("d", "b", "c");
        Note(1, 0, 100, shard: "a");
        Note(1, 105, 110, shard: "b");
        Note(1, 100, 105, shard: "c");
        Assert.Equal(0, Report().OutOfOrder);
        Note(1, 111, 112, shard: "d");
        Note(1, 110, 111, shard: "d");
        Assert.Equal(1, Report().OutOfOrder);
        _verifier.NoteShard("e", "d");
        Note(2, 1, 2, shard: "b");
        Note(2, 0, 1, shard: "e");
        Assert.Equal(2, Report().OutOfOrder);
    }

    /// <summary>Each split and merge of a range doubles the ways back, and all of them were gone: <c>kpl verify</c> did not end.</summary>
    [Fact]
    public void Note_WhereARangeWasSplitAndMergedAgainAndAgain_FollowsTheOrderAtOnce()
    {
        const int cycles = 60;
        for (var cycle = 0; cycle < cycles; cycle++)
        {
            _verifier.NoteShard($"left-{cycle}", $"whole-{cycle}");
            _verifier.NoteShard($"right-{cycle}", $"whole-{cycle}");
            _verifier.NoteShard($"whole-{cycle + 1}", $"left-{cycle}", $"right-{cycle}");
        }

        Note(1, 1, 2, shard: "whole-0");
        Note(1, 0, 1, shard: $"whole-{cycles}");
        Note(2, 1, 2, shard: "beside");
        Note(2, 0, 1, shard: $"whole-{cycles}");
        Assert.Equal(1, Report().OutOfOrder);
    }

    [Fact]
    public void Note_OfMoreLinesThanAreRemembered_SaysHowManyRecordsWereNotJudged()
    {
        _verifier = new(new DeliveryWindow(From, To), lines: 2, parts: 10);
        for (var line = 1; line <= 4; line++)
            Note(line, 0, 10);
        Assert.Equal((40L, 2, 20L, false), Of(Report(), static r => (r.Records, r.LineCount, r.Unchecked, r.IsProof)));
    }

    [Fact]
    public void New_OfAWindowThatEndsBeforeItBegins_Throws() =>
        Assert.Throws<ArgumentException>(static () => new DeliveryVerifier(new DeliveryWindow(To, From)));

    private static NumberRange Range(DeliveryFault fault, long first, long last) => new(fault, 7, 1, first, last);

    private static T Of<T>(DeliveryReport report, Func<DeliveryReport, T> part) => part(report);

    private void Note(int line, long first, long end, DateTimeOffset? at = null, string shard = "a")
    {
        for (var number = first; number < end; number++)
            _verifier.Note(new ProducerNumber(7, line, number), shard, at ?? From);
    }

    private DeliveryReport Report() => _verifier.GetReport(To + Ttl);
}
