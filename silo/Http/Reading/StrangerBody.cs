namespace Orleans.Kpl.Http.Reading;

/// <summary>A body of which nothing proves yet whose it is. Its counts are those of <see cref="StrangerMemory"/>.</summary>
/// <param name="name">Whom it names.</param>
/// <param name="end">Ends its reading; called on any thread, once at most.</param>
internal sealed class StrangerBody(string name, Action end)
{
    /// <summary>Whom it names. That proves nothing.</summary>
    public string Name => name;

    /// <summary>The bytes that are reserved for it.</summary>
    public long Bytes { get; set; }

    /// <summary>When it got the first of them.</summary>
    public long Since { get; set; }

    /// <summary>Whether it had to make room: it gets no more.</summary>
    public bool IsOut { get; set; }

    /// <summary>Ends its reading, because it made room.</summary>
    public void End() => end();
}
