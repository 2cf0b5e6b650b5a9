# SPDX-License-Identifier: Apache-2.0
"""Prints one self-contained HTML file as PDF: python html_to_pdf.py IN.html OUT.pdf SECONDS

The file may hold data: addresses only; any other ends the run, so a report can fetch nothing. The
PDF has no date and an identifier made from the HTML: the same HTML gives the same bytes.
"""
import hashlib
import os
import resource
import signal
import sys


def main():
    source, target, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    # The parent's thread may have blocked signals and a child inherits that: unblocked first, the
    # default action of SIGALRM ends the process, also inside a long native call. The limits below
    # end it by SIGKILL or a failed allocation should a signal be lost.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signal.valid_signals())
    signal.alarm(seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds + 10, seconds + 10))
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        import weasyprint
        from weasyprint.urls import FatalURLFetchingError, URLFetcher
    except (ImportError, OSError) as error:
        sys.exit(f"WeasyPrint cannot be loaded ({type(error).__name__}: {error})")

    class DataOnly(URLFetcher):
        def fetch(self, url, headers=None):
            if not url.lower().startswith("data:"):
                raise FatalURLFetchingError("the report names an address outside itself")
            return super().fetch(url, headers)

    with open(source, "rb") as file:
        html = file.read()
    document = weasyprint.HTML(
        string=html.decode("utf-8"), url_fetcher=DataOnly(allowed_protocols=["data"]))
    partial = target + ".partial"
    document.write_pdf(
        partial, pdf_tags=True,
        pdf_identifier=hashlib.sha256(html).hexdigest()[:32].encode("ascii"))
    os.replace(partial, target)


main()
