namespace Orleans.Kpl.Simulation.Service;

/// <summary>Keeps what was put into a stream, or what a history needs to know of it.</summary>
internal interface IStreamContents
{
    /// <summary>Stores an entry.</summary>
    /// <param name="shard">The shard that takes it.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="writer">The process that sent it.</param>
    StoredRecord Store(ServiceShard shard, SentEntry entry, string writer);

    /// <summary>Notes that the stream is created again.</summary>
    void NoteCreation()
    {
    }
}
