namespace Orleans.Kpl.Deaggregation.Tests.Verifying;

/// <summary>What came after the last number that was seen is known where a producer tells how far it gave them, and is not missing where it may come.</summary>
/// <remarks>Tests <see cref="DeliveryVerifier"/> and <see cref="ToldNumber"/>.</remarks>
public sealed class LastNumberTests
{
    private static readonly DateTimeOffset From = new(2026, 1, 31, 8, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset To = From.AddHours(1);
    private static readonly DateTimeOffset Later = To.AddHours(1);

    private DeliveryVerifier _verifier = new(new DeliveryWindow(From, To));

    [Fact]
    public void Report_WhereTheNewestAreLost_MissesThem()
    {
        Note(0, 100, From.AddMinutes(10));
        Told(104, From.AddMinutes(9), From.AddMinutes(10));
        var report = _verifier.GetReport(Later);
        Assert.Equal([new NumberRange(DeliveryFault.Missing, 7, 1, 100, 104)], report.Faults);
        Assert.Equal((5L, false, 0), (report.Missing, report.IsProof, report.LinesWithoutEnd));
        Assert.Equal((0L, 104L, true), Assert.Single(report.Lines) is var line ? (line.First, line.Last, line.IsEndKnown) : default);
    }

    [Fact]
    public void Report_WhereNobodyTells_DoesNotKnow_AndProvesNothing()
    {
        Note(0, 100, From.AddMinutes(10));
        var report = _verifier.GetReport(Later);
        Assert.Equal((0L, false, 1, 0), (report.Missing, report.IsProof, report.LinesWithoutEnd, report.LinesGoingOn));
        Assert.False(report.Lines[0].IsEndKnown);
    }

    /// <summary>A producer that runs has given numbers whose records it is still sending.</summary>
    [Theory]
    [InlineData(0, 5, 0)]
    [InlineData(39, 5, 0)]
    [InlineData(40, 0, 5)]
    public void Report_OfWhatWasGivenJustNow_IsUnderWayForATimeToLive(int secondsLater, long underWay, long missing)
    {
        _verifier = new(new DeliveryWindow(From, DateTimeOffset.MaxValue));
        Note(0, 100, From.AddMinutes(10));
        Told(104, From.AddMinutes(9), From.AddMinutes(10));
        var report = _verifier.GetReport(From.AddMinutes(10).AddSeconds(secondsLater));
        Assert.Equal((underWay, missing, false), (report.UnderWay, report.Missing, report.IsProof));
    }

    /// <summary>It goes on while the stream is read: what it gave after it was asked is not judged.</summary>
    [Fact]
    public void Report_OfALineThatHasGoneOn_JudgesItAllTheSame()
    {
        _verifier = new(new DeliveryWindow(From, DateTimeOffset.MaxValue));
        Told(49, From.AddMinutes(9), From.AddMinutes(10));
        Note(0, 40, From.AddMinutes(10));
        Note(45, 55, From.AddMinutes(11));
        Assert.Equal((5L, 54L), _verifier.GetReport(Later) is var report ? (report.Missing, report.Lines[0].Last) : default);
    }

    /// <summary>What it has given since the end of the time belongs to a later one.</summary>
    [Fact]
    public void Report_OfATimeThatTheProducerOutlived_DoesNotKnowTheEnd()
    {
        Note(0, 100, From.AddMinutes(10));
        Note(101, 110, To.AddSeconds(5));
        Told(500, From.AddMinutes(9), To.AddSeconds(-9));
        var report = _verifier.GetReport(Later);
        Assert.Equal((0L, 0L, 1, 1), (report.Missing, report.UnderWay, report.LinesWithoutEnd, report.LinesGoingOn));
        Told(110, From.AddMinutes(9), To.AddSeconds(-10));
        Assert.Equal([new NumberRange(DeliveryFault.Missing, 7, 1, 100, 100), new(DeliveryFault.Missing, 7, 1, 110, 110)], _verifier.GetReport(Later).Faults);
    }

    /// <summary>Without them a line of 100 numbers had 40 records, and none was missing.</summary>
    [Fact]
    public void Report_OfNumbersThatCameAfterTheTime_CountsThem()
    {
        Note(0, 40, To.AddSeconds(-10));
        Note(99, 100, To.AddSeconds(-9));
        Note(60, 120, To.AddSeconds(9));
        Note(60, 65, To.AddSeconds(10));
        Told(99, From.AddMinutes(9), To.AddSeconds(-10));
        var report = _verifier.GetReport(Later);
        Assert.Equal((41L, 39L, 20L, 99L), (report.Records, report.CameAfter, report.Missing, report.Lines[0].Last));
    }

    /// <summary>Nobody tells, but it is seen that it goes on.</summary>
    [Fact]
    public void Report_OfALineWithNumbersAfterTheTime_SaysThatItGoesOn()
    {
        Note(0, 100, From.AddMinutes(10));
        Note(100, 101, To.AddSeconds(9));
        Assert.Equal((1, 1, 0L), _verifier.GetReport(Later) is var report ? (report.LinesWithoutEnd, report.LinesGoingOn, report.CameAfter) : default);
    }

    [Fact]
    public void Report_OfALineOfWhichNothingCame_MissesAllOfIt()
    {
        Told(4, From.AddMinutes(9), From.AddMinutes(10));
        var report = _verifier.GetReport(Later);
        Assert.Equal([new NumberRange(DeliveryFault.Missing, 7, 1, 0, 4)], report.Faults);
        Assert.Equal((5L, 1, 0L, 4L), (report.Missing, report.LineCount, report.Lines[0].First, report.Lines[0].Last));
    }

    /// <summary>Of the others it is not known whether they were put in this time.</summary>
    [Fact]
    public void Report_OfSuchALineThatBeganBefore_MissesItsLastNumberAlone()
    {
        Told(400, From.AddDays(-1), From.AddMinutes(10));
        Assert.Equal([new NumberRange(DeliveryFault.Missing, 7, 1, 400, 400)], _verifier.GetReport(Later).Faults);
    }

    [Fact]
    public void Report_OfALineWhoseLastRecordsCameJustBefore_MissesWhatFollowedInTheTime()
    {
        Note(0, 50, From.AddSeconds(-20));
        Told(52, From.AddDays(-1), From.AddSeconds(-9));
        Assert.Equal([new NumberRange(DeliveryFault.Missing, 7, 1, 50, 52)], _verifier.GetReport(Later).Faults);
        Told(52, From.AddDays(-1), From.AddSeconds(-11));
        Assert.Empty(_verifier.GetReport(Later).Faults);
    }

    [Fact]
    public void Report_OfALineThatEndedBefore_IsNone()
    {
        Told(400, From.AddDays(-2), From.AddDays(-1));
        Told(4_000, Later, Later.AddDays(1), line: 2);
        var report = _verifier.GetReport(Later.AddDays(2));
        Assert.Equal((0L, 0, false), (report.Missing, report.LineCount, report.IsProof));
    }

    [Fact]
    public void Report_OfALineThatBeganInTheTime_MissesItsFirstNumbersToo()
    {
        Note(3, 10, From.AddMinutes(10));
        Told(9, From.AddSeconds(-10), From.AddMinutes(10));
        Assert.Equal((3L, 0), _verifier.GetReport(Later) is var report ? (report.Missing, report.LinesBegunBefore) : default);
    }

    /// <summary>From there a record may come at any time.</summary>
    [Fact]
    public void Report_WhereTheProducersBacklogHoldsRecords_IsUnderWay()
    {
        Note(0, 100, From.AddMinutes(1));
        Note(105, 110, From.AddMinutes(20));
        _verifier.NoteLast(new ProducerNumber(7, 1, 112), From, From.AddMinutes(20), isInBacklog: true);
        Assert.Equal((0L, 8L, 1), _verifier.GetReport(Later) is var report ? (report.Missing, report.UnderWay, report.LinesInBacklog) : default);
        Told(112, From, From.AddMinutes(20));
        Assert.Equal((8L, 0L, 0), _verifier.GetReport(Later) is var again ? (again.Missing, again.UnderWay, again.LinesInBacklog) : default);
    }

    [Fact]
    public void Report_WhatFailed_IsNotMissing()
    {
        Note(0, 100, From.AddMinutes(10));
        Told(104, From.AddMinutes(9), From.AddMinutes(10));
        foreach (var number in new[] { 101, 104 })
            _verifier.NoteFailed(new ProducerNumber(7, 1, number));
        Assert.Equal((3L, 2L), _verifier.GetReport(Later) is var report ? (report.Missing, report.Failed) : default);
        foreach (var number in new[] { 100, 102, 103 })
            _verifier.NoteFailed(new ProducerNumber(7, 1, number));
        Assert.Equal((0L, 5L, false), _verifier.GetReport(Later) is var all ? (all.Missing, all.Failed, all.IsProof) : default);
    }

    /// <summary>All that was put in that line is lost, and a report that had no memory for the line proved that nothing was.</summary>
    [Fact]
    public void Report_OfALineBeyondThoseThatAreRemembered_ProvesNothing()
    {
        _verifier = new(new DeliveryWindow(From, To), lines: 1, parts: 10);
        Note(0, 100, From.AddMinutes(10));
        Told(99, From.AddMinutes(9), From.AddMinutes(10));
        Told(4, From.AddDays(-2), From.AddDays(-1), line: 2);
        Assert.True(_verifier.GetReport(Later).IsProof);
        Told(4, From.AddMinutes(9), From.AddMinutes(10), line: 2);
        Assert.Equal((1L, false), _verifier.GetReport(Later) is var report ? (report.Unchecked, report.IsProof) : default);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1L << 44)]
    public void NoteLast_OfANumberThatCannotBe_IsPassedOver(long number)
    {
        Told(number, From, From.AddMinutes(10));
        Assert.Equal(0, _verifier.GetReport(Later).LineCount);
    }

    /// <summary>
    /// Lines that begin, rest and end at random, whose records are lost at random or come late, judged for random times: what is told as missing is lost,
    /// and for the time of all of them everything that is lost is told.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Report_OfRandomLines_TellsWhatIsLost_AndNothingElse(int seed)
    {
        var random = new Random(seed);
        List<(ProducerNumber Number, DateTimeOffset At)> came = [];
        List<(ProducerNumber Last, DateTimeOffset BegunAt, DateTimeOffset GivenAt)> told = [];
        HashSet<ProducerNumber> lost = [];
        for (var line = 1; line <= 60; line++)
        {
            var begun = From.AddSeconds(random.Next(7_200));
            var (at, count) = (begun, 1 + random.Next(80));
            for (var number = 0; number < count; number++)
            {
                at += TimeSpan.FromSeconds(random.Next(10) == 0 ? random.Next(300) : random.NextDouble());
                if (random.Next(number > count - 4 ? 2 : 10) == 0)
                    lost.Add(new ProducerNumber(7, line, number));
                else
                    came.Add((new ProducerNumber(7, line, number), at + TimeSpan.FromSeconds(random.Next(8) == 0 ? random.NextDouble() * 30 : 0.1)));
            }

            told.Add((new ProducerNumber(7, line, count - 1), begun, at));
        }

        for (var time = 0; time < 200; time++)
        {
            var from = From.AddSeconds(random.Next(9_000));
            var report = Judge(new DeliveryWindow(from, from.AddSeconds(random.Next(3_000))));
            Assert.Subset(lost, Missing(report).ToHashSet());
        }

        Assert.Equal(lost.OrderBy(static n => (n.Line, n.Number)), Missing(Judge(new DeliveryWindow(From, DateTimeOffset.MaxValue))));

        DeliveryReport Judge(DeliveryWindow window)
        {
            _verifier = new(window);
            foreach (var (number, at) in came.OrderBy(static c => c.At))
                _verifier.Note(number, "a", at);
            foreach (var (last, begunAt, givenAt) in told)
                _verifier.NoteLast(last, begunAt, givenAt);
            return _verifier.GetReport(From.AddDays(1));
        }

        static IEnumerable<ProducerNumber> Missing(DeliveryReport report) => report.Faults.Where(static f => f.Fault == DeliveryFault.Missing)
            .SelectMany(static f => Enumerable.Range((int)f.First, (int)(f.Last - f.First + 1)).Select(n => new ProducerNumber(f.Producer, f.Line, n)));
    }

    private void Note(long first, long end, DateTimeOffset at)
    {
        for (var number = first; number < end; number++)
            _verifier.Note(new ProducerNumber(7, 1, number), "a", at);
    }

    private void Told(long last, DateTimeOffset begunAt, DateTimeOffset givenAt, int line = 1) =>
        _verifier.NoteLast(new ProducerNumber(7, line, last), begunAt, givenAt);
}
