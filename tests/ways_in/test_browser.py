"""A person with a real browser: the page is read, the button is pressed."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

from support.rounds import ZOE, Round, small_rounds
from support.surfing import Site, served

__all__ = ["small_rounds"]

pytestmark = pytest.mark.system

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=320,640",  # a small phone
)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[WebDriver]:
    """Chromium; without it these tests are left out, except where CI promises it."""
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in programs and os.environ.get("CI") != "true":
        pytest.skip("Chromium and its driver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = programs[0] or ""
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(programs[1]))
    yield driver
    driver.quit()


@pytest.fixture
def site(small_rounds: Round) -> Iterator[Site]:
    small_rounds.deploy("satisfaction")
    small_rounds.bring(f"{ZOE};fr", header="Email;Prénom;Langue")
    small_rounds.send_all()
    with served(small_rounds) as found:
        yield found


def heading(browser: WebDriver) -> str:
    return browser.find_element(By.TAG_NAME, "h1").text


def opened(browser: WebDriver, site: Site) -> None:
    browser.get(f"http://127.0.0.1:{site.port}{site.link()}")


def done(browser: WebDriver) -> bool:
    return heading(browser) == "Désabonnement enregistré"


def until_done(browser: WebDriver) -> None:
    """While one page gives way to the other, there may be no heading, or one that is gone."""
    gone = (NoSuchElementException, StaleElementReferenceException)
    WebDriverWait(browser, 20, ignored_exceptions=gone).until(done)


def test_a_person_reads_the_page_and_presses_the_button(browser: WebDriver, site: Site):
    opened(browser, site)
    address = browser.current_url
    assert (heading(browser), site.refusals()) == ("Se désabonner", [])
    browser.find_element(By.TAG_NAME, "button").click()
    until_done(browser)
    assert (site.refusals(), browser.current_url) == ([("email", "unsubscribe")], address)
    assert (browser.get_cookies(), browser.get_log("browser")) == ([], [])


def test_the_keyboard_is_enough(browser: WebDriver, site: Site):
    opened(browser, site)
    browser.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.text == "Me désabonner"
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    until_done(browser)
    assert site.refusals() == [("email", "unsubscribe")]


def test_the_page_is_styled_and_fits_a_small_phone(browser: WebDriver, site: Site):
    opened(browser, site)
    button = browser.find_element(By.TAG_NAME, "button")
    assert button.value_of_css_property("background-color") != "rgba(239, 239, 239, 1)"  # the browser's own
    assert button.size["height"] >= 44  # what a thumb needs
    wide = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert browser.execute_script(wide)
    assert browser.execute_script("return document.documentElement.lang") == "fr"


def test_going_back_and_reloading_changes_nothing_more(browser: WebDriver, site: Site):
    opened(browser, site)
    browser.find_element(By.TAG_NAME, "button").click()
    until_done(browser)
    opened(browser, site)
    assert (done(browser), len(site.refusals())) == (True, 1)
