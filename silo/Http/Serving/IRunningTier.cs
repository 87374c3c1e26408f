namespace Orleans.Kpl.Http.Serving;

/// <summary>A running tier process. Disposing it stops whatever is still running.</summary>
internal interface IRunningTier : IAsyncDisposable
{
    /// <summary>The first line of standard output: it lists all addresses.</summary>
    string Ready { get; }

    /// <summary>Stops accepting records, lets every record end within the drain limit, and stops.</summary>
    Task<DrainReport> DrainAsync();
}
