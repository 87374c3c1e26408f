namespace Orleans.Kpl.Simulation.Clockwork;

/// <summary>How calls to one service fare at the moment. Faults change it, and put it back.</summary>
internal sealed class Weather
{
    /// <summary>How long one way takes, mostly.</summary>
    public TimeSpan OneWay { get; set; } = TimeSpan.FromMilliseconds(8);

    /// <summary>How much longer everything takes.</summary>
    public double Slowness { get; set; } = 1;

    /// <summary>How often a request never arrives.</summary>
    public double LosesRequests { get; set; }

    /// <summary>How often the answer to a request that was carried out never arrives.</summary>
    public double LosesAnswers { get; set; }

    /// <summary>How often a request is carried out only after its caller gave up.</summary>
    public double CarriesOutLate { get; set; }

    /// <summary>How often a call fails at once, with nothing done.</summary>
    public double Refuses { get; set; }

    /// <summary>With what it is then refused.</summary>
    public string RefusedWith { get; set; } = "";

    /// <summary>How often one entry of a call is refused.</summary>
    public double RefusesEntries { get; set; }

    /// <summary>How often reading the shards or the summary of a stream fails.</summary>
    public double RefusesReads { get; set; }

    /// <summary>How often the summary of a stream cannot be read.</summary>
    public double RefusesDescribes { get; set; }

    /// <summary>Draws one way, with a long tail.</summary>
    public TimeSpan Draw(World world)
    {
        var share = world.Dice.NextDouble();
        var tail = world.Happens(0.02) ? 10 : 1;
        return OneWay * ((0.4 + 1.2 * share) * tail * Slowness);
    }
}

/// <summary>What becomes of one call.</summary>
/// <param name="Request">After what time it arrives; null for never.</param>
/// <param name="Answer">After what further time its answer arrives; null for never.</param>
/// <param name="GivesUp">After what time the caller gets <paramref name="Error"/>, if it has no answer by then; null for never.</param>
/// <param name="Error">What the caller then gets.</param>
internal readonly record struct CallFate(TimeSpan? Request, TimeSpan? Answer, TimeSpan? GivesUp = null, Func<Exception>? Error = null)
{
    /// <summary>Done, and answered, before the call returns.</summary>
    public static CallFate AtOnce => new(TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>Such a call for a caller that waits so long and no longer.</summary>
    /// <param name="timeout">How long it waits for an answer or an error.</param>
    /// <param name="timedOut">What it gets then.</param>
    public CallFate Within(TimeSpan timeout, Func<Exception> timedOut) => GivesUp > timeout ? this with { GivesUp = timeout, Error = timedOut } : this;
}
