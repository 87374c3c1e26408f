namespace Orleans.Kpl.Cli.Runs;

/// <summary>Reads records and hands them on.</summary>
internal interface IRunInput : IAsyncDisposable
{
    /// <summary>Whether only an interrupt ends it.</summary>
    bool IsEndless { get; }

    /// <summary>Reads until the end, or until the run halts; every record was handed on then.</summary>
    Task ReadAsync();

    /// <summary>Is told that every record has its outcome.</summary>
    Task CompleteAsync();
}
