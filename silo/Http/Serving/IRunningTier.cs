namespace Orleans.Kpl.Http.Serving;

/// <summary>A tier process that is up. Disposing it stops what still runs.</summary>
internal interface IRunningTier : IAsyncDisposable
{
    /// <summary>The first line of standard output: where everything is.</summary>
    string Ready { get; }

    /// <summary>Takes no more, lets every record end within the drain limit, and stops.</summary>
    Task<DrainReport> DrainAsync();
}
