namespace Orleans.Kpl.Cli.Tests.Put;

/// <remarks>Tests <see cref="Cli.Batches.DeliveryTally"/>.</remarks>
public sealed class PutInterruptTests
{
    /// <summary>So <c>kpl put f &amp;&amp; rm f</c> keeps a file that was not read to its end.</summary>
    [Fact]
    public async Task Put_OfAFile_Interrupted_DeliversWhatItRead_AndTellsHowMuch()
    {
        using var stop = new CancellationTokenSource();
        using var folder = new TemporaryFolder();
        folder.Write("in.txt", string.Concat(Enumerable.Range(0, 1_000_000).Select(static i => $"{i}\n")));
        await using var tier = await FakeTier.StartAsync(stop);

        var run = await CliRun.RunAsync(Stream.Null, ["put", "in.txt", "--tier", tier.Url, "--json"], directory: folder.Path, stop: stop.Token);

        var delivered = run.LastJson.GetProperty("delivered").GetInt64();
        Assert.Equal((130, tier.Lines.Length), (run.ExitCode, (int)delivered));
        Assert.InRange(delivered, 1, 999_999);
        Assert.Contains(FormattableString.Invariant($"kpl: interrupted after {delivered:N0} lines; {delivered:N0} delivered\n"), run.Error, StringComparison.Ordinal);
    }

    /// <summary>What was taken out of a pipe is nowhere else.</summary>
    [Fact]
    public async Task Put_OfAPipe_Interrupted_DeliversEveryWholeLineThatItTook()
    {
        using var stop = new CancellationTokenSource();
        await using var tier = await FakeTier.StartAsync(stop);
        var input = new OpenInput();
        await input.WriteAsync(string.Concat(Enumerable.Range(0, 2_000).Select(static i => $"{i}\n")) + "half of a li");

        var run = await CliRun.RunAsync(input.Stream, ["put", "--tier", tier.Url, "--json"], stop: stop.Token);

        Assert.Equal((130, 2_000), (run.ExitCode, run.LastJson.GetProperty("delivered").GetInt32()));
        Assert.Contains("interrupted after 2,000 lines; 2,000 delivered; a line without its end was not put", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_InterruptedWhileItWaitsForAnswers_SaysThatTheInputIsWhole()
    {
        using var stop = new CancellationTokenSource();
        var answer = new TaskCompletionSource();
        await using var tier = await FakeTier.StartAsync(answer.Task);
        // Read from memory: the end of a file may take longer to be seen than the batch before it takes to be sent.
        var running = CliRun.RunAsync(new MemoryStream("a\nb\n"u8.ToArray()), ["put", "--tier", tier.Url], stop: stop.Token);
        await tier.FirstRequest;

        await stop.CancelAsync();
        answer.SetResult();
        var run = await running;

        run.AssertError(130, "kpl: interrupted after 2 lines, the whole input; 2 delivered\n");
    }

    /// <summary>A tier that restarts takes what was read, although the user wants an end: a second interrupt is how not to wait for it.</summary>
    [Fact]
    public async Task Put_InterruptedWhileTheTierDrains_StillDelivers()
    {
        using var stop = new CancellationTokenSource();
        await using var tier = await FakeTier.StartRefusingOnceAsync(503, "Draining", stop);
        var run = await CliRun.RunAsync(new MemoryStream("a\n"u8.ToArray()), ["put", "--tier", tier.Url], stop: stop.Token);

        run.AssertError(130, "1 delivered");
    }

    [Fact]
    public async Task Put_FromTheKeyboard_SaysHowToEnd_AndDrawsNothing()
    {
        await using var tier = await FakeTier.StartAsync();
        var input = new OpenInput();
        var running = CliRun.RunAsync(input.Stream, ["put", "--tier", tier.Url], terminal: true, keyboard: true);
        await input.WriteAsync("typed\n");
        await tier.FirstRequest;
        input.Close();
        var run = await running;

        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("kpl: reading from the keyboard, a line a record; Ctrl-", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', run.Error.Replace(Environment.NewLine, "\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Put_OfAFileAtATerminal_SaysNothingOfTheKeyboard()
    {
        await using var tier = await FakeTier.StartAsync();
        using var folder = new TemporaryFolder();
        folder.Write("in.txt", "a\n");
        var run = await CliRun.RunAsync(Stream.Null, ["put", "in.txt", "--tier", tier.Url], directory: folder.Path, terminal: true, keyboard: true);
        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("keyboard", run.Error, StringComparison.Ordinal);
    }
}
