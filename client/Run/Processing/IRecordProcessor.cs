namespace Orleans.Kpl.Run.Processing;

/// <summary>One step that changes records.</summary>
internal interface IRecordProcessor
{
    /// <summary>The name of the step in the file.</summary>
    string Name { get; }

    /// <summary>Changes a record; returns why it cannot, for people, or null.</summary>
    string? Process(RunRecord record, ProcessingTools tools);
}
